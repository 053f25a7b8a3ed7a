/** Durations as OpenFaaS writes them: whole seconds (`10`), or Go's notation (`1m5s`, `250ms`). */
const UNIT_MS: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1_000,
  ms: 1,
  us: 1e-3,
  µs: 1e-3,
  ns: 1e-6,
};

/** A Node timer that is set for longer fires at once. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/** @returns at most what a timer can be set for; undefined for a text that is no duration */
export function timerMs(text: string): number | undefined {
  const ms = durationMs(text);
  return ms === undefined ? undefined : Math.min(ms, TIMER_MS_MAX);
}

/** @returns undefined for a text that is no duration */
export function durationMs(text: string): number | undefined {
  if (/^\d+$/.test(text)) return Number(text) * 1_000;
  if (!/^(\d+(\.\d+)?(ms|us|µs|ns|h|m|s))+$/.test(text)) return undefined;
  let total = 0;
  for (const [, amount = '0', unit = 's'] of text.matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)/g))
    total += Number(amount) * (UNIT_MS[unit] ?? 0);
  return total;
}
