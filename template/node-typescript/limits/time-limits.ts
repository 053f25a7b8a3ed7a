/**
 * Time limits of calls, nearly all of which are not reached. Those of equal length end in the order in which they
 * began, so one timer of Node serves all of them, and beginning or ending one moves two links of a list. A limit does
 * not keep the process: whoever waits for the call does.
 */
export interface TimeLimit {
  /** Once it has passed or was ended this changes nothing. */
  end(): void;
}

class Entry implements TimeLimit {
  before: Entry | undefined;
  after: Entry | undefined;
  readonly endsAtMs: number;
  readonly passed: () => void;
  private list: EqualLimits | undefined;

  constructor(list: EqualLimits, endsAtMs: number, passed: () => void) {
    this.list = list;
    this.endsAtMs = endsAtMs;
    this.passed = passed;
  }

  end(): void {
    this.list?.remove(this);
    this.list = undefined;
  }
}

/** Limits of one length, the earliest first. */
class EqualLimits {
  private readonly ms: number;
  private readonly emptied: () => void;
  private first: Entry | undefined;
  private last: Entry | undefined;
  private timer: NodeJS.Timeout | undefined;

  /** @param emptied called when the timer has passed and there are no more limits */
  constructor(ms: number, emptied: () => void) {
    this.ms = ms;
    this.emptied = emptied;
  }

  add(passed: () => void): TimeLimit {
    const entry = new Entry(this, performance.now() + this.ms, passed);
    entry.before = this.last;
    if (this.last) this.last.after = entry;
    else {
      this.first = entry;
      // A timer that outlived the limits before is used again.
      if (!this.timer) this.arm(this.ms);
    }
    this.last = entry;
    return entry;
  }

  remove(entry: Entry): void {
    const { before, after } = entry;
    if (before) before.after = after;
    else this.first = after;
    if (after) after.before = before;
    else this.last = before;
    // One that has ended keeps no other in memory.
    entry.before = entry.after = undefined;
  }

  private arm(ms: number): void {
    this.timer = setTimeout(this.run, Math.max(1, Math.ceil(ms))).unref();
  }

  private readonly run = (): void => {
    this.timer = undefined;
    try {
      this.endPassed();
    } finally {
      if (this.first) this.arm(this.first.endsAtMs - performance.now());
      else this.emptied();
    }
  };

  private endPassed(): void {
    const nowMs = performance.now();
    while (this.first && this.first.endsAtMs <= nowMs) {
      const { first } = this;
      first.end();
      first.passed();
    }
  }
}

const byLength = new Map<number, EqualLimits>();

/**
 * @param ms at most what `setTimeout` takes; fractions are rounded up
 * @param passed called once when the limit is reached before it was ended
 */
export function limitTime(ms: number, passed: () => void): TimeLimit {
  const length = Math.max(1, Math.ceil(ms));
  let limits = byLength.get(length);
  if (!limits) {
    limits = new EqualLimits(length, () => byLength.delete(length));
    byLength.set(length, limits);
  }
  return limits.add(passed);
}
