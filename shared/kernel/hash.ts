/** Content hashes over JSON whose keys are sorted, so that equal values hash alike. */
import { hash } from 'node:crypto';

export function contentHash(value: unknown): string {
  return textHash(canonicalJson(value));
}

/** SHA-256 of the text's UTF-8 bytes, in hexadecimal. */
export function textHash(text: string): string {
  return hash('sha256', text, 'hex');
}

/** The first 16 hex digits: enough to be distinct, short enough to read out. */
export function shortHash(value: unknown): string {
  return contentHash(value).slice(0, 16);
}

export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
