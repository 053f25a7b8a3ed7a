/** Content hashes over JSON whose keys are sorted, so that equal values hash alike. */
import { createHash, hash } from 'node:crypto';

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

/** The same of a text that is too long to be held as one. */
export function shortHashOfParts(parts: Iterable<string>): string {
  const whole = createHash('sha256');
  for (const part of parts) whole.update(part);
  return whole.digest('hex').slice(0, 16);
}

/** As `JSON.stringify` writes it, with the names in each object sorted. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(inOrder('', value));
}

/** What JSON says of a value, with its names in order. */
function inOrder(name: string, value: unknown): unknown {
  if (typeof value === 'function') return undefined;
  if (typeof value !== 'object' || value === null) return value;
  const own = hasOwnForm(value) ? value.toJSON(name) : value;
  if (typeof own !== 'object' || own === null) return own;
  if (Array.isArray(own)) return own.map((one, i) => inOrder(String(i), one));
  const names = Object.keys(own).sort();
  const valueOf = (one: string) => inOrder(one, (own as Readonly<Record<string, unknown>>)[one]);
  // Assigning to this name would set the prototype.
  if (names.includes('__proto__'))
    return Object.fromEntries(names.map((one) => [one, valueOf(one)]));
  const sorted: Record<string, unknown> = {};
  for (const one of names) sorted[one] = valueOf(one);
  return sorted;
}

function hasOwnForm(value: object): value is { toJSON(name: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
