/** Reads the audit, newest first, and checks its chain. */
import * as z from 'zod';
import { chainParts, isGenuine, type ChainHead } from '#shared/kernel/hash-chain.ts';
import { decode } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { auditLine, type AuditLine } from './audit-line.ts';
import { auditHead, type AuditHead } from './audit-trail.ts';

const stored = z.strictObject({ line: auditLine, sequence: z.number(), previous: z.string() });

export interface NumberedLine extends AuditLine {
  readonly sequence: number;
}

export interface AuditPage {
  /** Newest first. */
  readonly lines: readonly NumberedLine[];
  /** How many there are in all. */
  readonly total: number;
}

export interface AuditCheck {
  readonly lines: number;
  readonly head: ChainHead | undefined;
  /** What is wrong with the first line that is, with its number; 0: with the whole. */
  readonly finding?: { readonly sequence: number; readonly message: string } | undefined;
}

export class AuditReader {
  private readonly database: Database;

  constructor(database: Database) {
    this.database = database;
  }

  /**
   * The newest of those that match; each line that is kept is read, to count them.
   * @param matches which lines @param limit how many, after the offset
   */
  async matching(
    matches: (line: AuditLine) => boolean,
    offset: number,
    limit: number,
  ): Promise<AuditPage> {
    const lines: NumberedLine[] = [];
    let total = 0;
    const head = await this.head();
    for (const { number } of (head?.segments ?? []).toReversed())
      for (const line of (await this.segment(number)).toReversed()) {
        const read = numbered(line);
        if (!matches(read)) continue;
        if (total >= offset && lines.length < limit) lines.push(read);
        total += 1;
      }
    return { lines, total };
  }

  /** The newest lines; no others are read. */
  async latest(offset: number, limit: number): Promise<AuditPage> {
    const head = await this.head();
    const [first] = head?.segments ?? [];
    if (!head || !first) return { lines: [], total: 0 };
    const lines: NumberedLine[] = [];
    let [end, skipped] = [head.head.lines, offset];
    for (const { number, before } of head.segments.toReversed()) {
      const last = end - before.lines - skipped;
      const begin = Math.max(0, last - (limit - lines.length));
      if (last > begin) lines.push(...(await this.range(number, begin, last)).toReversed());
      skipped = Math.max(0, -last);
      end = before.lines;
    }
    return { lines, total: head.head.lines - first.before.lines };
  }

  /** Each line against its hash and the one before, and the last against the head. */
  async check(): Promise<AuditCheck> {
    const head = await this.head();
    const [first] = head?.segments ?? [];
    if (!head || !first) return { lines: 0, head: undefined };
    let at: ChainHead = first.before;
    for (const { number, before } of head.segments) {
      if (before.hash !== at.hash) return wrong(at, 'the segment does not follow the one before');
      for (const text of await this.segment(number)) {
        const problem = problemOf(text, at);
        if (problem !== undefined) return wrong(at, problem);
        at = { lines: at.lines + 1, hash: chainParts(text).hash };
      }
    }
    const isWhole = at.hash === head.head.hash && at.lines === head.head.lines;
    const lines = at.lines - first.before.lines;
    if (isWhole) return { lines, head: at };
    const message = `${head.head.lines} lines were written, and ${at.lines} are there, or other ones`;
    return { lines, head: at, finding: { sequence: 0, message } };
  }

  private async head(): Promise<AuditHead | undefined> {
    return (await this.database.find(keys.audit.head(), auditHead()))?.value;
  }

  /** @param end the first that is not read any more */
  private async range(number: number, begin: number, end: number) {
    const { redis } = this.database;
    return (await redis.lrange(keys.audit.segment(number), begin, end - 1)).map(numbered);
  }

  private segment(number: number): Promise<readonly string[]> {
    return this.database.redis.lrange(keys.audit.segment(number), 0, -1);
  }
}

function numbered(text: string): NumberedLine {
  const { line, sequence } = decode(stored, chainParts(text).json, 'a line of the audit');
  return { ...line, sequence };
}

function problemOf(text: string, before: ChainHead): string | undefined {
  if (!isGenuine(text)) return 'it is not what its hash says';
  const parsed = stored.safeParse(JSON.parse(chainParts(text).json));
  if (!parsed.success) return 'it does not read';
  const { sequence, previous } = parsed.data;
  if (sequence !== before.lines + 1) return `it says that it is number ${sequence}`;
  return previous === before.hash ? undefined : 'the lines before it were changed';
}

function wrong(before: ChainHead, message: string): AuditCheck {
  return { lines: before.lines, head: before, finding: { sequence: before.lines + 1, message } };
}
