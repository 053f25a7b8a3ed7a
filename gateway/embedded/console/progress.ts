/**
 * Throttles the progress of a long run: the last message of every step, and between them at most one line per
 * interval.
 */
import { percentColumn } from './cycle-text.ts';

export interface Update {
  readonly step: string;
  readonly progressPct: number;
  readonly message: string;
}

const QUIET_MS = 1_000;

/** As the status line shows it. */
export function liveText({ progressPct, message }: Update): string {
  return `${percentColumn(progressPct)}  ${message}`;
}

export class ProgressThrottle {
  private readonly print: (line: string) => void;
  private readonly nowMs: () => number;
  private held: Update | undefined;
  private printedAtMs = Number.NEGATIVE_INFINITY;

  constructor(print: (line: string) => void, nowMs: () => number = () => performance.now()) {
    this.print = print;
    this.nowMs = nowMs;
  }

  report(update: Update): void {
    if (this.held && this.held.step !== update.step) this.flush();
    this.held = update;
    if (this.nowMs() - this.printedAtMs >= QUIET_MS) this.flush();
  }

  /** Prints the message held for the interval. */
  flush(): void {
    if (!this.held) return;
    this.print(liveText(this.held));
    this.printedAtMs = this.nowMs();
    this.held = undefined;
  }
}
