/**
 * Records the messages that a function streams, in order, each once. Those that come while others are being written share
 * the next write, so that a stream of thousands does not wait for the disk thousands of times.
 */
import { Failure } from '#shared/kernel/failure.ts';
import type { Runs } from './runs.ts';

interface Message {
  readonly failure?: unknown;
  readonly complete?: unknown;
  readonly progressPct?: unknown;
}

/** More than these wait for what is being written. */
const WAITING_MAX = 256;

export class Recorder {
  /** The final message, stored together with the run's outcome. */
  last: string | undefined;
  /** Whether the last message announced another one. */
  isMidway = false;
  private readonly runs: Runs;
  private readonly run: string;
  /** Whether this attempt made more progress than those before it. */
  hasAdvanced = false;
  /** How many messages this attempt had recorded. */
  count = 0;
  /** The progress of a crashed attempt; messages up to it are not recorded again. */
  private reachedPct: number;

  private waiting: string[] = [];
  private writing: Promise<void> | undefined;

  private constructor(runs: Runs, run: string, reachedPct: number) {
    this.runs = runs;
    this.run = run;
    this.reachedPct = reachedPct;
  }

  static async resume(runs: Runs, run: string): Promise<Recorder> {
    return Recorder.after(await runs.lastRecorded(run), runs, run);
  }

  /** @param recorded the message recorded last, where there is one */
  static after(recorded: string | undefined, runs: Runs, run: string): Recorder {
    return new Recorder(runs, run, recorded === undefined ? -1 : pctOf(parse(recorded)));
  }

  /**
   * @param said a line of JSON, or what one would say
   * @throws Failure that the function reported in its stream
   */
  async take(said: string | object): Promise<void> {
    const message: Message = typeof said === 'string' ? parse(said) : said;
    if (message.failure) throw Failure.fromBody(message.failure, 500);
    if (this.last !== undefined) await this.record(this.last);
    this.last = message.complete === true ? lineOf(said) : undefined;
    this.isMidway = message.complete === false;
    if (this.last !== undefined || pctOf(message) <= this.reachedPct) return;
    this.reachedPct = -1;
    this.hasAdvanced = true;
    await this.record(lineOf(said));
  }

  /** Once all that was taken is recorded; to be awaited in the end. */
  async flushed(): Promise<void> {
    await this.writing;
  }

  /** @throws where an earlier message could not be recorded */
  private async record(line: string): Promise<void> {
    this.count += 1;
    this.waiting.push(line);
    this.writing ??= this.writeWaiting();
    // It is awaited in the end, maybe only after it has failed.
    this.writing.catch(() => undefined);
    if (this.waiting.length >= WAITING_MAX) await this.writing;
  }

  /** After a failure nothing more is written, so that no message is missing between others. */
  private async writeWaiting(): Promise<void> {
    while (this.waiting.length > 0) {
      const messages = this.waiting;
      this.waiting = [];
      await this.runs.record(this.run, messages);
    }
    this.writing = undefined;
  }
}

/** A message without progress is always recorded. */
function pctOf({ progressPct }: Message): number {
  return typeof progressPct === 'number' ? progressPct : 0;
}

function lineOf(said: string | object): string {
  return typeof said === 'string' ? said : JSON.stringify(said);
}

function parse(line: string): Message {
  try {
    return JSON.parse(line) as Message;
  } catch (cause) {
    // A partial line is left over when the connection broke within a message.
    const text = 'The answer of the function was cut off in the middle of a message.';
    throw new Failure('UNAVAILABLE', text, { sent: 'unknown' }, cause);
  }
}
