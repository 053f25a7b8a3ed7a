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
  return written('', value) as string;
}

/** What JSON says of a value; undefined where it says nothing. Nothing is copied: each order hashes several values. */
function written(name: string, value: unknown): string | undefined {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const own = hasOwnForm(value) ? value.toJSON(name) : value;
  if (typeof own === 'string') return quoted(own);
  if (typeof own !== 'object' || own === null) return JSON.stringify(own);
  return Array.isArray(own) ? writtenList(own) : writtenFields(own as Record<string, unknown>);
}

function writtenList(list: readonly unknown[]): string {
  let text = '[';
  for (let i = 0; i < list.length; i += 1)
    text += `${i === 0 ? '' : ','}${written(String(i), list[i]) ?? 'null'}`;
  return `${text}]`;
}

function writtenFields(fields: Readonly<Record<string, unknown>>): string {
  let text = '{';
  for (const name of sorted(Object.keys(fields))) {
    const value = written(name, fields[name]);
    if (value !== undefined) text += `${text === '{' ? '' : ','}${quoted(name)}:${value}`;
  }
  return `${text}}`;
}

/** As an object lists its names that got them sorted: whole numbers come first, in their own order. */
function sorted(names: string[]): readonly string[] {
  if (STARTS_WITH_DIGIT.test(names[0] ?? ''))
    return Object.keys(Object.fromEntries(names.sort().map((name) => [name, true])));
  // They often are already.
  for (let i = 1; i < names.length; i += 1)
    if ((names[i - 1] ?? '') > (names[i] ?? '')) return names.sort();
  return names;
}

const STARTS_WITH_DIGIT = /^\d/;
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function hasOwnForm(value: object): value is { toJSON(name: string): unknown } {
  return 'toJSON' in value && typeof value.toJSON === 'function';
}
