/**
 * A chain of hashes. A stored line is the SHA-256 of its text, a blank, and its text: canonical JSON of its content,
 * its number and the hash of the line before. A change of any byte changes every hash after it.
 */
import { canonicalJson, textHash } from './hash.ts';

export interface ChainHead {
  /** How many lines there are. */
  readonly lines: number;
  /** Of the last of them. */
  readonly hash: string;
}

/** What the first line names as the hash before it. */
export const CHAIN_START: ChainHead = { lines: 0, hash: '0'.repeat(64) };

/** Lines as they are stored after the head. */
export function linesAfter(
  head: ChainHead,
  contents: readonly object[],
): { readonly lines: readonly string[]; readonly head: ChainHead } {
  const lines: string[] = [];
  let at = head;
  for (const content of contents) {
    const json = canonicalJson({ ...content, sequence: at.lines + 1, previous: at.hash });
    at = { lines: at.lines + 1, hash: textHash(json) };
    lines.push(`${at.hash} ${json}`);
  }
  return { lines, head: at };
}

const HASH_LENGTH = 64;

/** A stored line in its two parts. */
export function chainParts(stored: string): { readonly hash: string; readonly json: string } {
  return { hash: stored.slice(0, HASH_LENGTH), json: stored.slice(HASH_LENGTH + 1) };
}

/** Whether a stored line is what its hash says, to the byte. */
export function isGenuine(stored: string): boolean {
  const { json } = chainParts(stored);
  return stored === `${textHash(json)} ${json}`;
}
