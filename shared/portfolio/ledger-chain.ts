/**
 * The ledger's chain of hashes. A stored line is the SHA-256 of its text, a blank, and its text:
 * canonical JSON of the line, its postings, its number and the hash of the line before. A change of
 * any byte changes every hash after it.
 *
 * Lines from before there was a chain are bare JSON. They are hashed with the one before them, and
 * sealed by the first line that names their last hash.
 */
import { chainParts, isGenuine, linesAfter, type ChainHead } from '#shared/kernel/hash-chain.ts';
import { textHash } from '#shared/kernel/hash.ts';
import type { PostedLine } from './model/booking.ts';

/** A stored line in its two parts; without a hash where it is from before the chain. */
export interface ChainLink {
  readonly hash?: string;
  readonly json: string;
}

export function chainLink(stored: string): ChainLink {
  if (stored.startsWith('{')) return { json: stored };
  return chainParts(stored);
}

/** Whether a line is what its hash says; one from before the chain says none. */
export function isUnaltered(stored: string): boolean {
  return chainLink(stored).hash === undefined || isGenuine(stored);
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
