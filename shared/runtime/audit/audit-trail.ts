/**
 * The audit of an installation: one chain of hashes that all processes append to. Lines lie in segments; the oldest
 * segments are dropped, and the head of the chain before the first line that is kept stays.
 */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import { CHAIN_START, linesAfter } from '#shared/kernel/hash-chain.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Write } from '#shared/redis/change.ts';
import { keys } from '#shared/redis/keys.ts';
import type { AuditLine } from './audit-line.ts';
import { RefusalLimit } from './refusal-limit.ts';

/** 5,000 lines are about 2 MB. */
const SEGMENT_LINES = 5_000;
const SEGMENTS_KEPT = 10;

const headOf = atFirstUse(() => z.strictObject({ lines: z.number(), hash: z.string() }));
export const auditHead = atFirstUse(() =>
  z.strictObject({
    head: headOf(),
    /** Of each segment that is kept, oldest first: its number, and the head of the chain before it. */
    segments: z.array(z.strictObject({ number: z.number(), before: headOf() })),
  }),
);
export type AuditHead = z.infer<ReturnType<typeof auditHead>>;

export interface SegmentRule {
  readonly lines: number;
  readonly kept: number;
}

interface Refusal {
  readonly line: AuditLine;
  readonly failed: (cause: unknown) => void;
}

interface Waiting {
  readonly line: AuditLine;
  readonly stored: () => void;
  readonly failed: (thrown: unknown) => void;
}

export class AuditTrail {
  private readonly database: Database;
  private readonly rule: SegmentRule;
  private waiting: Waiting[] = [];
  private storing: Promise<void> | undefined;
  private readonly refusals = new RefusalLimit<Refusal>(({ line, failed }, count) => {
    this.add(count === 1 ? line : { ...line, count }).catch(failed);
  });

  constructor(
    database: Database,
    rule: SegmentRule = { lines: SEGMENT_LINES, kept: SEGMENTS_KEPT },
  ) {
    this.database = database;
    this.rule = rule;
  }

  /** Resolves when the line is stored. Lines that come while others are stored are stored together. */
  add(line: AuditLine): Promise<void> {
    const added = new Promise<void>((stored, failed) => {
      this.waiting.push({ line, stored, failed });
    });
    this.storing ??= this.storeAll();
    return added;
  }

  /**
   * Adds the line of a call that was not let in; nobody waits for it. Of a caller the first of a minute have a line each,
   * and the others one with their number.
   *
   * @param caller by which they are counted @param failed where it cannot be stored
   */
  addRefusal(caller: string, line: AuditLine, failed: (cause: unknown) => void): void {
    this.refusals.add(caller, { line, failed });
  }

  /** Until what was added is stored, or is known not to be. */
  async close(): Promise<void> {
    this.refusals.flush();
    await this.storing;
  }

  private async storeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      await this.append(batch.map(({ line }) => line)).then(
        () => batch.forEach(({ stored }) => stored()),
        (thrown: unknown) => batch.forEach(({ failed }) => failed(thrown)),
      );
    }
    // In the same turn of the event loop as the check for waiting lines: a later line starts again.
    this.storing = undefined;
  }

  private append(lines: readonly AuditLine[]): Promise<void> {
    return this.database.update(keys.audit.head(), auditHead(), (current) => {
      const { value, write } = appended(current, lines, this.rule);
      return { value, write, result: undefined };
    });
  }
}

/** What is stored next. */
function appended(
  current: AuditHead | undefined,
  contents: readonly AuditLine[],
  rule: SegmentRule,
): { readonly value: AuditHead; readonly write: readonly Write[] } {
  const before = current ?? { head: CHAIN_START, segments: [] };
  const { lines, head } = linesAfter(
    before.head,
    contents.map((line) => ({ line })),
  );
  const segments = withRoom(before, rule);
  const kept = segments.slice(-rule.kept);
  const dropped = segments.slice(0, segments.length - kept.length);
  const number = kept.at(-1)?.number ?? 0;
  return {
    value: { head, segments: kept },
    write: [
      { op: 'RPUSH', key: keys.audit.segment(number), args: lines },
      ...dropped.map((one): Write => ({
        op: 'DEL',
        key: keys.audit.segment(one.number),
        args: [],
      })),
    ],
  };
}

/** The segments, with a new one where the last is full. */
function withRoom({ head, segments }: AuditHead, rule: SegmentRule): AuditHead['segments'] {
  const last = segments.at(-1);
  if (last && head.lines - last.before.lines < rule.lines) return segments;
  return [...segments, { number: (last?.number ?? 0) + 1, before: head }];
}
