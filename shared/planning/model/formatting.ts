/** Formats numbers for the sentences of a plan. */

/** Hundredths of a percent. */
export function basisPoints(ratio: number): string {
  return `${(ratio * 10_000).toFixed(1)} bp`;
}

/** The same, rounded up, with as many decimals as it takes to be more than zero. */
export function basisPointsAtMost(ratio: number): string {
  const points = Math.max(ratio * 10_000, 0.001);
  const digits = points < 0.1 ? 3 : 1;
  const scale = 10 ** digits;
  return `${(Math.ceil(points * scale - 1e-9) / scale).toFixed(digits)} bp`;
}

export function amount(value: number, currency: string): string {
  return `${currency} ${value.toFixed(2)}`;
}

export function pluralize(count: number, noun: string): string {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${count} ${count === 1 ? noun : plural}`;
}
