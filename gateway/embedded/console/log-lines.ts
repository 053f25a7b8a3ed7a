/** Where a line of the log goes: always to the file, and to stderr what a person must see. */
import type { Console } from './console.ts';
import type { LogFile } from './log-file.ts';

export interface LogLinesOptions {
  readonly file: Pick<LogFile, 'write'>;
  readonly console: Pick<Console, 'complain' | 'isLive'>;
  /** Whether stderr gets everything, and not only warnings and errors. */
  readonly isVerbose: boolean;
}

export function logLines({ file, console, isVerbose }: LogLinesOptions): (line: string) => void {
  return (line) => {
    file.write(line);
    const isWarning = /"level":"(?:warn|error)"/.test(line.slice(0, 80));
    if (isVerbose) console.complain(line);
    else if (isWarning) console.complain(console.isLive ? sentence(line) : line);
  };
}

interface LogLine {
  readonly level: string;
  readonly event: string;
  readonly detail?: unknown;
  readonly reason?: unknown;
  /** The trading state that is in force. */
  readonly effective?: unknown;
}

/** `order-blocked` is `order blocked` to a person; the file has the facts. */
function sentence(line: string): string {
  const { level, event, detail, reason, effective } = JSON.parse(line) as LogLine;
  const more = [detail, reason].find((text) => typeof text === 'string');
  const state = typeof effective === 'string' ? ` to ${effective}` : '';
  const what = `${level === 'error' ? '✗' : '!'} ${event.replaceAll('-', ' ')}${state}`;
  return more === undefined ? what : `${what}: ${String(more)}`;
}
