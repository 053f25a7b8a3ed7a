/** Which phrases the texts of a row may consist of, key by key. */
import { plainName } from './text-values.ts';

/** A pattern, or a formula that is found whatever its spaces and case. */
export type Phrase = RegExp | string;

export interface Vocabulary {
  /** By the key's plain name; `operation` for the operation's own text. */
  readonly phrases: Readonly<Record<string, readonly Phrase[]>>;
  /** Keys whose text is a name or a day, which the computation looks up. */
  readonly named?: readonly string[];
  /** Keys whose list holds sentences. */
  readonly sentences?: readonly string[];
  /** Keys that change nothing in what these operations answer. */
  readonly without?: readonly string[];
}

/** Words that carry no meaning of their own. */
const FILLERS = new Set(
  'a an the of and or by for with then in to is are per each at on it its from over as be that'.split(
    ' ',
  ),
);

export function phrasesOf({ phrases }: Vocabulary, key: string): readonly Phrase[] | undefined {
  return phrases[plainName(key)] ?? phrases[plainName(key).replace(/\d+$/, '')];
}

const WORD = /[\p{L}\d][\p{L}\d_.'%^]*/uy;

/** Words and numbers of a text that belong to no known phrase; the longest phrase at a place counts. */
export function leftover(text: string, phrases: readonly Phrase[]): readonly string[] {
  const lower = text.toLowerCase();
  const patterns = phrases.map(patternOf);
  const unknown: string[] = [];
  for (let place = 0; place < lower.length;) {
    const known = longestAt(lower, place, patterns);
    const word = known > 0 ? '' : (matchAt(WORD, lower, place) ?? '');
    const plain = word.replace(/[.']+$/, '');
    if (plain !== '' && !FILLERS.has(plain)) unknown.push(plain);
    place += Math.max(1, known, word.length);
  }
  return unknown;
}

function longestAt(text: string, place: number, patterns: readonly RegExp[]): number {
  return patterns.reduce(
    (longest, pattern) => Math.max(longest, matchAt(pattern, text, place)?.length ?? 0),
    0,
  );
}

function matchAt(pattern: RegExp, text: string, place: number): string | undefined {
  pattern.lastIndex = place;
  return pattern.exec(text)?.[0];
}

const compiled = new Map<Phrase, RegExp>();

function patternOf(phrase: Phrase): RegExp {
  const known = compiled.get(phrase);
  if (known) return known;
  const pattern = new RegExp(typeof phrase === 'string' ? spaced(phrase) : phrase.source, 'iuy');
  compiled.set(phrase, pattern);
  return pattern;
}

/** The formula with any spaces between its signs. */
function spaced(formula: string): string {
  const signs = [...formula.toLowerCase().replaceAll(/\s+/g, '')];
  return signs.map((sign) => sign.replace(/[.*+?^${}()|[\]\\/]/, '\\$&')).join('\\s*');
}

/** Whole words, any of them; `_`, `-` and spaces within are alike. */
export function words(list: string): RegExp {
  const each = list
    .trim()
    .split(/\s*\|\s*/)
    .toSorted((a, b) => b.length - a.length)
    .map((one) => one.replaceAll(/[\s_-]+/g, '[\\s_-]*'));
  return new RegExp(`(?<![\\p{L}\\d])(?:${each.join('|')})(?![\\p{L}\\d])`, 'u');
}

export function vocabulary(...parts: readonly Vocabulary[]): Vocabulary {
  const phrases: Record<string, readonly Phrase[]> = {};
  for (const part of parts)
    for (const [key, own] of Object.entries(part.phrases))
      phrases[key] = [...(phrases[key] ?? []), ...own];
  const lists = (of: 'named' | 'sentences' | 'without') => parts.flatMap((part) => part[of] ?? []);
  return {
    phrases,
    named: lists('named'),
    sentences: lists('sentences'),
    without: lists('without'),
  };
}
