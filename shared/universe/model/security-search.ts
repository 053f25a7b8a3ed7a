/** Finding securities by what a person types. */
import type { Security } from './security.ts';

const LETTERS: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join('')}]`, 'g');

/**
 * Securities whose ISIN, symbol or name begins with the query; then those that contain it. Case and
 * accents do not count. Within each group the order given is kept.
 */
export function search(securities: readonly Security[], query: string): readonly Security[] {
  const requested = plain(query);
  const places = securities.map(({ isin, symbol, name }) =>
    [isin, symbol, name].map((text) => plain(text).indexOf(requested)),
  );
  const begins = (at: number): boolean => places[at]?.includes(0) ?? false;
  const contains = (at: number): boolean => places[at]?.some((place) => place > 0) ?? false;
  return [
    ...securities.filter((_security, i) => begins(i)),
    ...securities.filter((_security, i) => !begins(i) && contains(i)),
  ];
}

function plain(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .toLowerCase()
    .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
    .replace(/[\u2018\u2019]/g, "'");
}
