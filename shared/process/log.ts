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
): Log {
  return new JsonLines(least, write, {});
}

/** A class, so that the logger of each call is one small object. */
class JsonLines implements Log {
  private readonly least: Level;
  private readonly write: (line: string) => void;
  private readonly always: LogFacts;

  constructor(least: Level, write: (line: string) => void, always: LogFacts) {
    this.least = least;
    this.write = write;
    this.always = always;
  }

  debug(event: string, facts?: LogFacts): void {
    this.say('debug', event, facts);
  }

  info(event: string, facts?: LogFacts): void {
    this.say('info', event, facts);
  }

  warn(event: string, facts?: LogFacts): void {
    this.say('warn', event, facts);
  }

  error(event: string, facts?: LogFacts): void {
    this.say('error', event, facts);
  }

  with(facts: LogFacts): Log {
    return new JsonLines(this.least, this.write, { ...this.always, ...facts });
  }

  private say(level: Level, event: string, facts: LogFacts = {}): void {
    if (order.indexOf(level) < order.indexOf(this.least)) return;
    const time = new Date().toISOString();
    this.write(JSON.stringify({ time, level, event, ...this.always, ...facts }, plainErrors));
  }
}

export const silentLog: Log = openLog('error', () => undefined);

function plainErrors(_key: string, value: unknown): unknown {
  return value instanceof Error
    ? { name: value.name, message: value.message, stack: value.stack, cause: value.cause }
    : value;
}
