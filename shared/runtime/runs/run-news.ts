/**
 * What was recorded of a run in this process, for those who follow it in this process: they hear it at once, without
 * reading it. Whoever hears of something that does not follow what he has seen reads; followers of what another process
 * records poll.
 */
import type { Outcome } from './outcome.ts';

/** What follows the messages of a run that were seen before. */
export interface Found {
  readonly messages: readonly string[];
  /** It has ended, with no message after these. */
  readonly outcome?: Outcome | undefined;
}

/** Something that is stored. */
export interface Recorded extends Found {
  /** How many messages of the run are before these. */
  readonly position: number;
}

/** A follower who does not listen for so long reads. */
const UNREAD_MAX = 1_000;

const listeners = new Map<string, Set<RunNews>>();
/** How many connectors of this process work on a topic. */
const connectors = new Map<string, number>();

export class RunNews {
  private readonly run: string;
  private unread: Recorded[] = [];
  /** Something was recorded that is not in `unread`. */
  private isBehind = false;
  private wake: (() => void) | undefined;

  constructor(run: string) {
    this.run = run;
    const others = listeners.get(run) ?? new Set();
    listeners.set(run, others.add(this));
  }

  /** A connector of this process works on a topic, so that most news of it will be heard. @returns its end */
  static connected(topic: string): () => void {
    const count = (by: number): void =>
      void connectors.set(topic, (connectors.get(topic) ?? 0) + by);
    count(1);
    return () => count(-1);
  }

  /** Begins to listen before a run is added; undefined where its news would hardly be heard. */
  static ofNewRun(topic: string, run: string): RunNews | undefined {
    return RunNews.isConnected(topic) ? new RunNews(run) : undefined;
  }

  static isConnected(topic: string): boolean {
    return (connectors.get(topic) ?? 0) > 0;
  }

  static isFollowed(run: string): boolean {
    return listeners.has(run);
  }

  /** @param recorded what it was; absent: it is to be read */
  static announce(run: string, recorded?: Recorded): void {
    for (const news of listeners.get(run) ?? []) news.hear(recorded);
  }

  /**
   * Waits for an announcement, and returns at once where there was one since it returned last.
   * @param seen how many messages of the run are known
   * @param msMax without an announcement it returns then
   * @returns what follows those; undefined where it is to be read
   * @throws the signal's reason
   */
  async next(seen: number, msMax: number, signal: AbortSignal): Promise<Found | undefined> {
    signal.throwIfAborted();
    if (this.unread.length === 0 && !this.isBehind) await this.wait(msMax, signal);
    const { unread, isBehind } = this;
    this.unread = [];
    this.isBehind = false;
    return isBehind ? undefined : following(unread, seen);
  }

  close(): void {
    const all = listeners.get(this.run);
    all?.delete(this);
    if (all?.size === 0) listeners.delete(this.run);
  }

  private hear(recorded: Recorded | undefined): void {
    if (recorded && this.unread.length < UNREAD_MAX) this.unread.push(recorded);
    else this.isBehind = true;
    this.wake?.();
  }

  private wait(msMax: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', leave);
        this.wake = undefined;
      };
      const go = (): void => (end(), resolve());
      const leave = (): void => (end(), reject(signal.reason as Error));
      const timer = setTimeout(go, msMax);
      this.wake = go;
      signal.addEventListener('abort', leave);
    });
  }
}

function following(unread: readonly Recorded[], seen: number): Found | undefined {
  const messages: string[] = [];
  for (const { position, messages: recorded, outcome } of unread) {
    const known = seen + messages.length - position;
    // Another process has recorded what is between.
    if (known < 0) return undefined;
    messages.push(...recorded.slice(known));
    if (outcome) return { messages, outcome };
  }
  return messages.length > 0 ? { messages } : undefined;
}
