/**
 * The ledger's chain of hashes. A stored line is the SHA-256 of its text, a blank, and its text:
 * canonical JSON of the line, its postings, its number and the hash of the line before. A change of
 * any byte changes every hash after it.
 *
 * Lines from before there was a chain are bare JSON. They are hashed with the one before them, and
 * sealed by the first line that names their last hash.
 */
import { canonicalJson, textHash } from '#shared/kernel/hash.ts';
import type { PostedLine } from './model/booking.ts';

export interface ChainHead {
  /** How many lines there are. */
  readonly lines: number;
  /** Of the last of them. */
  readonly hash: string;
}

/** What the first line names as the hash before it. */
export const CHAIN_START: ChainHead = { lines: 0, hash: '0'.repeat(64) };

const HASH_LENGTH = 64;

/** A stored line in its two parts; without a hash where it is from before the chain. */
export interface ChainLink {
  readonly hash?: string;
  readonly json: string;
}

export function chainLink(stored: string): ChainLink {
  if (stored.startsWith('{')) return { json: stored };
  return { hash: stored.slice(0, HASH_LENGTH), json: stored.slice(HASH_LENGTH + 1) };
}

/** Whether a line is what its hash says. */
export function isGenuine(stored: string): boolean {
  const { hash, json } = chainLink(stored);
  return hash === undefined || stored === `${textHash(json)} ${json}`;
}

/** The head after a stored line, by its bytes and not by what it says of itself. */
export function headAfter({ lines, hash: previous }: ChainHead, stored: string): ChainHead {
  const { hash, json } = chainLink(stored);
  const text = hash === undefined ? `${previous}\n${json}` : json;
  return { lines: lines + 1, hash: textHash(text) };
}

/** Lines as they are stored after the head. */
export function chained(
  head: ChainHead,
  posted: readonly PostedLine[],
): { readonly lines: readonly string[]; readonly head: ChainHead } {
  const lines: string[] = [];
  let at = head;
  for (const { line, postings } of posted) {
    const json = canonicalJson({ line, postings, sequence: at.lines + 1, previous: at.hash });
    at = { lines: at.lines + 1, hash: textHash(json) };
    lines.push(`${at.hash} ${json}`);
  }
  return { lines, head: at };
}
