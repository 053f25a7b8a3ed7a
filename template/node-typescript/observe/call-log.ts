/**
 * Writes one line of JSON for each event to stderr, never longer than log readers accept in one
 * piece.
 */

/** A line of 4 KB reaches every reader whole; longer texts are truncated. */
const LINE_BYTES_MAX = 4096;
const TEXT_CHARACTERS_MAX = 512;

export type Level = 'info' | 'warn' | 'error';

/** @internal exported for its tests */
export function logLine(level: Level, event: string, facts: Readonly<Record<string, unknown>>) {
  const line = { time: new Date().toISOString(), level, event, ...facts };
  const text = JSON.stringify(line, shortened);
  // A character is at most six bytes of JSON, so this holds whatever the facts are.
  return Buffer.byteLength(text) <= LINE_BYTES_MAX
    ? text
    : JSON.stringify({ time: line.time, level, event, cut: text.slice(0, TEXT_CHARACTERS_MAX) });
}

export function log(level: Level, event: string, facts: Readonly<Record<string, unknown>>): void {
  process.stderr.write(`${logLine(level, event, facts)}\n`);
}

function shortened(_key: string, value: unknown): unknown {
  const text = value instanceof Error ? (value.stack ?? value.message) : value;
  return typeof text === 'string' && text.length > TEXT_CHARACTERS_MAX
    ? `${text.slice(0, TEXT_CHARACTERS_MAX)}…`
    : text;
}
