/** A moment: milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number & { readonly __brand: 'Instant' };

/** A moment of the monotonic clock; comparable only within the same boot of the machine. */
export interface SteadyTime {
  readonly boot: string;
  readonly ms: number;
}

export const SECOND_MS = 1_000;
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;

export function instantOf(ms: number): Instant {
  return ms as Instant;
}

export function later(instant: Instant, ms: number): Instant {
  return (instant + ms) as Instant;
}

export function isoText(instant: Instant): string {
  return new Date(instant).toISOString();
}

/** The contract's `common.Timestamp`. */
export interface WireTimestamp {
  seconds: string;
  nanos: number;
}

export function toTimestamp(instant: Instant): WireTimestamp {
  const seconds = Math.floor(instant / 1000);
  return { seconds: String(seconds), nanos: Math.round((instant - seconds * 1000) * 1e6) };
}

export function fromTimestamp(timestamp: WireTimestamp): Instant {
  return instantOf(Number(timestamp.seconds) * 1000 + Math.floor(timestamp.nanos / 1e6));
}
