/** Numbers as a person reads them in a plan. */

export function percent(ratio: number): string {
  return `${(ratio * 100).toFixed(1)} %`;
}

/** Hundredths of a percent. */
export function basisPoints(ratio: number): string {
  return `${(ratio * 10_000).toFixed(1)} bp`;
}

export function amount(value: number, currency: string): string {
  return `${currency} ${value.toFixed(2)}`;
}

export function counted(count: number, noun: string): string {
  const plural = noun.endsWith('y') ? `${noun.slice(0, -1)}ies` : `${noun}s`;
  return `${count} ${count === 1 ? noun : plural}`;
}
