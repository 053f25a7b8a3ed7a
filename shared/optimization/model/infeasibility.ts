/**
 * The smallest set of requirements that cannot hold together. A requirement set is in conflict when
 * no answer satisfies it; every subset of a feasible set is feasible.
 */

/** Rounds before the search for the smallest set settles for one that cannot be made smaller. */
const ROUNDS_MAX = 200;

/**
 * Smallest conflict by implicit hitting sets (Ignatiev, Previti, Liffiton, Marques-Silva, "Smallest
 * MUS extraction with minimal hitting set dualization", 2015): every way to repair the whole must
 * touch the conflict, so the smallest set that touches all repairs known so far either is the
 * conflict or shows a new repair. Ties go to what stands first.
 *
 * @param feasible whether the given items can hold together; all of them cannot
 */
export function smallestConflict<T>(
  items: readonly T[],
  feasible: (items: readonly T[]) => boolean,
): readonly T[] {
  const repairs: (readonly T[])[] = [];
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const candidate = smallestHittingSet(items, repairs);
    if (!feasible(candidate)) return candidate;
    repairs.push(repairBeyond(items, candidate, feasible));
  }
  return minimalConflict(items, feasible);
}

/**
 * A conflict from which nothing can be left out, by deletion filter (Chinneck and Dravnieks,
 * "Locating minimal infeasible constraint sets in linear programs", 1991).
 * @internal exported for its tests
 */
export function minimalConflict<T>(
  items: readonly T[],
  feasible: (items: readonly T[]) => boolean,
): readonly T[] {
  let kept = items;
  for (const item of items) {
    const without = kept.filter((other) => other !== item);
    if (!feasible(without)) kept = without;
  }
  return kept;
}

/** Grows a feasible set as far as it goes; what is left out is a repair. */
function repairBeyond<T>(
  items: readonly T[],
  start: readonly T[],
  feasible: (items: readonly T[]) => boolean,
): readonly T[] {
  let held = start;
  return items.filter((item) => {
    if (held.includes(item)) return false;
    const more = items.filter((other) => other === item || held.includes(other));
    if (!feasible(more)) return true;
    held = more;
    return false;
  });
}

function smallestHittingSet<T>(items: readonly T[], sets: readonly (readonly T[])[]): readonly T[] {
  for (let size = 0; size <= items.length; size += 1) {
    const found = hit(sets, [], size);
    if (found) return items.filter((item) => found.includes(item));
  }
  return items;
}

function hit<T>(
  sets: readonly (readonly T[])[],
  chosen: readonly T[],
  left: number,
): readonly T[] | undefined {
  const missed = sets.find((set) => !set.some((item) => chosen.includes(item)));
  if (!missed) return chosen;
  if (left === 0) return undefined;
  for (const item of missed) {
    const found = hit(sets, [...chosen, item], left - 1);
    if (found) return found;
  }
  return undefined;
}
