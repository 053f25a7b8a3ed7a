/**
 * One JSON line an event, to stderr: `time`, `level`, `event`, then the facts. Secrets and payloads
 * are never facts.
 */
export type Level = 'debug' | 'info' | 'warn' | 'error';
export type LogFacts = Readonly<Record<string, unknown>>;

export interface Log {
  debug(event: string, facts?: LogFacts): void;
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
  /** The same log with these facts on every line. */
  with(facts: LogFacts): Log;
}

const order: readonly Level[] = ['debug', 'info', 'warn', 'error'];

export function openLog(
  least: Level,
  write: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
  always: LogFacts = {},
): Log {
  const say =
    (level: Level) =>
    (event: string, facts: LogFacts = {}): void => {
      if (order.indexOf(level) < order.indexOf(least)) return;
      const time = new Date().toISOString();
      write(JSON.stringify({ time, level, event, ...always, ...facts }, plainErrors));
    };
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    with: (facts) => openLog(least, write, { ...always, ...facts }),
  };
}

export const silentLog: Log = openLog('error', () => undefined);

function plainErrors(_key: string, value: unknown): unknown {
  return value instanceof Error
    ? { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
    : value;
}
