/**
 * Bounds what refused calls put into the audit: somebody who tries tokens must not push everybody's lines out of it. Of
 * each caller the first few of a minute are written singly, and the others as one line with their number.
 */
import { MINUTE_MS } from '#shared/kernel/instant.ts';

/** Failures of calls that were not let in, for their token or their request. */
export const refusalCodes: readonly string[] = [
  'UNAUTHENTICATED',
  'NOT_ALLOWED',
  'INVALID_REQUEST',
];

export interface RefusalRule {
  /** Of a caller, in a minute. */
  readonly singly: number;
  /** Callers of a minute that have lines of their own; those beyond share one. */
  readonly callers: number;
}

const RULE: RefusalRule = { singly: 3, callers: 5 };
const OTHERS = 'others';

interface Counted<T> {
  written: number;
  /** The newest that was not written, and how many were not. */
  withheld: { newest: T; count: number } | undefined;
}

export class RefusalLimit<T> {
  private readonly write: (refusal: T, count: number) => void;
  private readonly rule: RefusalRule;
  private readonly callers = new Map<string, Counted<T>>();
  private ending: NodeJS.Timeout | undefined;

  /** @param write gets a refusal, and for how many it stands */
  constructor(write: (refusal: T, count: number) => void, rule: RefusalRule = RULE) {
    this.write = write;
    this.rule = rule;
  }

  add(caller: string, refusal: T): void {
    this.ending ??= setTimeout(() => this.flush(), MINUTE_MS).unref();
    const counted = this.of(caller);
    if (counted.written < this.rule.singly) {
      counted.written += 1;
      return this.write(refusal, 1);
    }
    counted.withheld = { newest: refusal, count: (counted.withheld?.count ?? 0) + 1 };
  }

  /** Ends the minute: writes what was only counted. */
  flush(): void {
    clearTimeout(this.ending);
    this.ending = undefined;
    const all = [...this.callers.values()];
    this.callers.clear();
    for (const { withheld } of all) if (withheld) this.write(withheld.newest, withheld.count);
  }

  private of(caller: string): Counted<T> {
    const name =
      this.callers.has(caller) || this.callers.size < this.rule.callers ? caller : OTHERS;
    const counted = this.callers.get(name) ?? { written: 0, withheld: undefined };
    this.callers.set(name, counted);
    return counted;
  }
}
