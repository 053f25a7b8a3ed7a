/**
 * Recent output of functions, for `/system/logs`: the lines they print, and one line a call. Kept in
 * memory only, by function, up to so many lines and characters; the oldest go first. Nothing of a
 * request or an answer is in it but its method, path and status.
 */
import type { EndedCall } from './ended-call.ts';
import { CallLine } from './call-line.ts';
import { LineRing, type KeptLine, type LogLimits, type LogLine } from './line-ring.ts';
import { PrintedLines } from './printed-lines.ts';

export type LogListener = (line: LogLine) => void;

/** The instance of what the host says itself, and of functions on its own thread. */
const HOST = String(process.pid);
const LIMITS: LogLimits = { linesMax: 1_000, charactersMax: 256 * 1024 };

/** One function's kept lines and those who listen to it. */
interface Channel {
  readonly ring: LineRing;
  readonly listeners: Set<LogListener>;
}

export class FunctionLogs {
  private readonly channels = new Map<string, Channel>();
  private readonly limits: LogLimits;
  private readonly nowMs: () => number;

  constructor(limits: Partial<LogLimits> = {}, nowMs: () => number = Date.now) {
    this.limits = { ...LIMITS, ...limits };
    this.nowMs = nowMs;
  }

  /** Adds one line; a text of several becomes several. */
  append(functionName: string, instance: string, text: string): void {
    const lines = this.printer(functionName, instance);
    lines.write(text);
    lines.end();
  }

  /** For a stream of output: pass it the chunks as they come, and its end. */
  printer(functionName: string, instance: string): PrintedLines {
    return new PrintedLines((text) =>
      this.add(functionName, { atMs: this.nowMs(), instance, text, characters: text.length }),
    );
  }

  /** The line of a call, in the form of the watchdog's, with the call's id. */
  ended(functionName: string, call: EndedCall): void {
    this.add(functionName, new CallLine(this.nowMs(), call.instance ?? HOST, call));
  }

  /** Kept lines, oldest first. */
  lines(functionName: string): readonly LogLine[] {
    return this.channels.get(functionName)?.ring.lines() ?? [];
  }

  /** Receives every line from now on. @returns what unsubscribes */
  listen(functionName: string, listener: LogListener): () => void {
    const { listeners } = this.channel(functionName);
    listeners.add(listener);
    return () => void listeners.delete(listener);
  }

  listenerCount(functionName: string): number {
    return this.channels.get(functionName)?.listeners.size ?? 0;
  }

  /** Drops the lines of a removed function; subscribers stay subscribed. */
  forget(functionName: string): void {
    const channel = this.channels.get(functionName);
    if (channel?.listeners.size === 0) this.channels.delete(functionName);
    else channel?.ring.clear();
  }

  private add(functionName: string, line: KeptLine): void {
    const { ring, listeners } = this.channel(functionName);
    ring.push(line);
    for (const listener of listeners) listener(line);
  }

  private channel(functionName: string): Channel {
    const known = this.channels.get(functionName);
    if (known) return known;
    const made: Channel = { ring: new LineRing(this.limits), listeners: new Set() };
    this.channels.set(functionName, made);
    return made;
  }
}
