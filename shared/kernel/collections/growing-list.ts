/**
 * Lists that are only ever added to, where each addition gives a new list. Of two lists of one lineage the longer
 * one begins with the shorter, which spares whoever has read the shorter one a comparison.
 */
interface Lineage {
  /** Of the longest list. */
  length: number;
}

const lineages = new WeakMap<readonly unknown[], Lineage>();

export function grown<T>(list: readonly T[], items: readonly T[]): readonly T[] {
  const longer = [...list, ...items];
  const known = lineages.get(list);
  // Another list that goes on from here with other items has taken the lineage.
  const lineage = known?.length === list.length ? known : { length: 0 };
  lineage.length = longer.length;
  lineages.set(longer, lineage);
  return longer;
}

/** Whether a list begins with all items of another. */
export function beginsWith<T>(list: readonly T[], first: readonly T[]): boolean {
  if (list === first) return true;
  if (first.length > list.length) return false;
  const lineage = lineages.get(list);
  if (lineage && lineage === lineages.get(first)) return true;
  for (let i = first.length - 1; i >= 0; i -= 1) if (list[i] !== first[i]) return false;
  return true;
}
