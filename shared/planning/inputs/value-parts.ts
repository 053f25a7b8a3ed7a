/**
 * Values cut so that what changes in places shares all other parts with what it was: long texts into chunks that end
 * where their content says so (Muthitacharoen, Chen and Mazieres 2001; the rolling hash of Xia and others 2016), long
 * lists of texts into groups. Each part is kept once under the hash of its content.
 */
import { isPackedBars } from '#shared/kernel/bars/packed-bars.ts';
import { textHash } from '#shared/kernel/hash.ts';

/** Shorter texts stay where they are. */
const INLINE_MAX = 120;
const CHUNK_LENGTH_MIN = 192;
const CHUNK_LENGTH_MAX = 4096;
/** Ends a chunk once in 256 characters, after the least length. */
const CHUNK_END_MASK = 0xff_00_00_00;
const GROUP_SIZE = 32;
const HASH_LENGTH = 24;

/** In place of a value: `$t` a text in chunks, `$l` a list in groups, each by hash. */
type Reference = { readonly $t: string } | { readonly $l: readonly string[] };

export class ValueParts {
  /** Texts by hash. */
  readonly parts = new Map<string, string>();
  /** Hashes by text. */
  private readonly cutBefore = new Map<string, string>();

  /** The value with references in place of what is long. */
  cut(value: unknown): unknown {
    if (typeof value === 'string') return value.length <= INLINE_MAX ? value : this.text(value);
    if (Array.isArray(value)) return this.list(value);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, this.cut(one)]));
  }

  private list(values: readonly unknown[]): unknown {
    const isLong = values.length > GROUP_SIZE && values.every((one) => typeof one === 'string');
    if (!isLong) return values.map((one) => this.cut(one));
    const groups = Array.from({ length: Math.ceil(values.length / GROUP_SIZE) }, (_, g) =>
      values.slice(g * GROUP_SIZE, (g + 1) * GROUP_SIZE),
    );
    return { $l: groups.map((group) => this.whole(JSON.stringify(group))) };
  }

  /** A text that was read twice is cut once. */
  private text(text: string): Reference {
    const hash = this.cutBefore.get(text) ?? this.whole(text);
    this.cutBefore.set(text, hash);
    return { $t: hash };
  }

  /** The hash of the text's list of chunks. */
  private whole(text: string): string {
    const chunks = cutText(text).map((chunk) => this.keep(chunk));
    return this.keep(JSON.stringify(chunks));
  }

  private keep(part: string): string {
    const hash = partHash(part);
    this.parts.set(hash, part);
    return hash;
  }
}

/** Packed bars are one piece: a bar more changes all that follows. */
function cutText(text: string): readonly string[] {
  if (isPackedBars(text)) return [text];
  const chunks: string[] = [];
  let [start, rolling] = [0, 0];
  for (let at = 0; at < text.length; at += 1) {
    rolling = (rolling << 1) + Math.imul(text.charCodeAt(at) + 1, 0x9e_37_79_b1);
    const length = at + 1 - start;
    const ends = length >= CHUNK_LENGTH_MIN && (rolling & CHUNK_END_MASK) === 0;
    if (!ends && length < CHUNK_LENGTH_MAX) continue;
    chunks.push(text.slice(start, at + 1));
    start = at + 1;
  }
  return start < text.length ? [...chunks, text.slice(start)] : chunks;
}

/** Of a part's content. */
export function partHash(part: string): string {
  return textHash(part).slice(0, HASH_LENGTH);
}

/** Hashes of the texts that a cut value refers to. */
export function referencesIn(value: unknown): readonly string[] {
  if (value === null || typeof value !== 'object') return [];
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if ('$t' in value) return [String(value.$t)];
  if ('$l' in value) return (value.$l as unknown[]).map(String);
  return Object.values(value).flatMap(referencesIn);
}

/** @param textOf by the hash of a text; throws where it is gone */
export function joined(value: unknown, textOf: (hash: string) => string): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) return value.map((one) => joined(one, textOf));
  if ('$t' in value) return textOf(String(value.$t));
  if ('$l' in value)
    return (value.$l as unknown[]).flatMap((hash) => JSON.parse(textOf(String(hash))) as unknown[]);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, joined(one, textOf)]));
}

/** Hashes of a text's chunks, from its list of them. */
export function chunksOf(list: string): readonly string[] {
  return JSON.parse(list) as string[];
}
