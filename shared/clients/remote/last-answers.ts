/**
 * Caches the last good answer to each request for a limited time, for use while a board is
 * unreachable.
 */
import { shortHash } from '#shared/kernel/hash.ts';

/** Bounds the memory on a small board; least recently used first. */
const ANSWERS_MAX = 128;

export interface OldAnswer<T> {
  readonly value: T;
  readonly ageMs: number;
}

export class LastAnswers<T> {
  private readonly answers = new Map<string, { readonly value: T; readonly at: number }>();
  private readonly now: () => number;

  /** @param now milliseconds of a monotonic clock */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  remember(operation: string, request: unknown, value: T): void {
    const key = keyOf(operation, request);
    this.answers.delete(key);
    this.answers.set(key, { value, at: this.now() });
    const [oldest] = this.answers.keys();
    if (this.answers.size > ANSWERS_MAX && oldest !== undefined) this.answers.delete(oldest);
  }

  recall(operation: string, request: unknown, ageMsMax: number): OldAnswer<T> | undefined {
    const found = this.answers.get(keyOf(operation, request));
    if (!found) return undefined;
    const ageMs = Math.max(1, Math.round(this.now() - found.at));
    return ageMs <= ageMsMax ? { value: found.value, ageMs } : undefined;
  }
}

function keyOf(operation: string, request: unknown): string {
  return `${operation} ${shortHash(request ?? null)}`;
}
