/**
 * One JSON line an event, to stderr: `level`, `time`, `event`, then the facts (docs/operate/logs.md). Written by pino
 * without a worker thread, as a line must be out before the process ends.
 */
import { pino, stdTimeFunctions, type Logger } from 'pino';
import { writableFacts } from './logging/log-facts.ts';
import { levels, type Level, type LogRules } from './logging/log-rules.ts';

/** Names that the line itself has are no facts. */
export type LogFacts = Readonly<Record<string, unknown>> & {
  readonly level?: never;
  readonly time?: never;
  readonly event?: never;
};

export interface Log {
  debug(event: string, facts?: LogFacts): void;
  info(event: string, facts?: LogFacts): void;
  warn(event: string, facts?: LogFacts): void;
  error(event: string, facts?: LogFacts): void;
  /** The same log with these facts on every line; `module` decides by which level it writes. */
  with(facts: LogFacts): Log;
  /** Whether lines of the level are written; for facts that cost something to gather. */
  writes(level: Level, module?: string): boolean;
}

const rank: Readonly<Record<Level, number>> = { debug: 0, info: 1, warn: 2, error: 3 };

/** @param rules a level alone stands for every module, without amounts of money */
export function openLog(
  rules: Level | LogRules,
  write: (line: string) => void = (line) => void process.stderr.write(`${line}\n`),
): Log {
  const full = typeof rules === 'string' ? ofLevel(rules) : rules;
  const sink = pino(
    {
      level: levels[0],
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line: string) => write(line.trimEnd()) },
  );
  return new JsonLines(sink, full, {});
}

function ofLevel(least: Level): LogRules {
  return { least, ofModule: new Map(), showsMoney: false };
}

/** A class, so that the logger of each call is one small object. */
class JsonLines implements Log {
  private readonly sink: Logger;
  private readonly rules: LogRules;
  private readonly always: LogFacts;

  constructor(sink: Logger, rules: LogRules, always: LogFacts) {
    this.sink = sink;
    this.rules = rules;
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
    return new JsonLines(this.sink, this.rules, { ...this.always, ...facts });
  }

  writes(level: Level, module = this.always['module'] as string | undefined): boolean {
    const { ofModule, least } = this.rules;
    const own = module === undefined || ofModule.size === 0 ? undefined : ofModule.get(module);
    return rank[level] >= rank[own ?? least];
  }

  private say(level: Level, event: string, facts?: LogFacts): void {
    const all: Record<string, unknown> = { ...this.always, ...facts };
    if (!this.writes(level, all['module'] as string | undefined)) return;
    this.sink[level]({ event, ...writableFacts(all, this.rules) });
  }
}

export const silentLog: Log = openLog('error', () => undefined);
