/** Where a score stands in its universe: percentile, and the grade that names it. */

/** The lowest percentile of each grade: steps of ten points, half a step at both ends. */
export const gradeTable = [
  { grade: 'A+', from: 0.95 },
  { grade: 'A', from: 0.85 },
  { grade: 'A-', from: 0.75 },
  { grade: 'B+', from: 0.65 },
  { grade: 'B', from: 0.55 },
  { grade: 'B-', from: 0.45 },
  { grade: 'C+', from: 0.35 },
  { grade: 'C', from: 0.25 },
  { grade: 'C-', from: 0.15 },
  { grade: 'D', from: 0.05 },
  { grade: 'F', from: 0 },
] as const;

export type Grade = (typeof gradeTable)[number]['grade'];
export const grades = gradeTable.map((row) => row.grade) as readonly Grade[];

/** @param percentile 0 to 1 */
export function gradeOf(percentile: number): Grade {
  return gradeTable.find((row) => percentile >= row.from)?.grade ?? 'F';
}

/**
 * Mid-rank percentiles: the share of scores below, plus half the share of equal ones (itself among
 * them). The best of n has 1 − 1/2n; equal scores have equal percentiles.
 */
export function percentiles(scores: Float64Array): Float64Array {
  const sorted = scores.slice().sort();
  return scores.map((score) => {
    const below = countBelow(sorted, (other) => other < score);
    const upTo = countBelow(sorted, (other) => other <= score);
    return (below + upTo) / 2 / scores.length;
  });
}

/** How many leading values of a rising array satisfy a test that holds for a prefix of it. */
function countBelow(sorted: Float64Array, holds: (value: number) => boolean): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(sorted[middle] ?? NaN)) low = middle + 1;
    else high = middle;
  }
  return low;
}
