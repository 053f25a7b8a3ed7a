/**
 * The ledger's chain of hashes. A stored line is the SHA-256 of its text, a blank, and its text:
 * canonical JSON of the line, its postings, its number and the hash of the line before. A change of
 * any byte changes every hash after it.
 *
 * Lines from before there was a chain are bare JSON. They are hashed with the one before them, and
 * sealed by the first line that names their last hash.
 */
import { linesAfter, type ChainHead } from '#shared/kernel/hash-chain.ts';
import { textHash } from '#shared/kernel/hash.ts';
import type { PostedLine } from './model/booking.ts';

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
  return linesAfter(
    head,
    posted.map(({ line, postings }) => ({ line, postings })),
  );
}
