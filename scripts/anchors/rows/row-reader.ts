/**
 * No row is answered while one of its keys or words is ignored: a number, list, record or file must
 * be read by its key, and a text must consist of phrases in its category's vocabulary.
 */
import { peeked, type OpenRow } from './row-fields.ts';
import { NotSupported, type AnchorRow } from './anchor-row.ts';
import { isFileName, numberText, plainName, repeatedText } from './text-values.ts';
import { leftover, phrasesOf, type Vocabulary } from './vocabulary.ts';

/**
 * Before a row is computed.
 * @throws NotSupported naming the words of the operation or of a text that nobody knows
 */
export function requireKnownWords(row: AnchorRow, vocabulary: Vocabulary): void {
  requireWords(row.operation, 'operation', vocabulary);
  for (const fields of [row.parameters, row.inputs])
    for (const [key, value] of Object.entries(peeked(fields)))
      for (const text of textsOf(key, value, vocabulary)) requireWords(text, key, vocabulary);
}

/** Of lists of sentences, such as views and constraints, each is a text; other lists are values. */
function textsOf(key: string, value: unknown, vocabulary: Vocabulary): readonly string[] {
  if (typeof value === 'string') return [value];
  if (!Array.isArray(value) || !holdsSentences(key, vocabulary)) return [];
  return value.filter((one) => typeof one === 'string');
}

function holdsSentences(key: string, { sentences }: Vocabulary): boolean {
  return sentences?.includes(plainName(key)) ?? false;
}

function requireWords(text: string, key: string, vocabulary: Vocabulary): void {
  const name = plainName(key);
  const { named, without } = vocabulary;
  const phrases = phrasesOf(vocabulary, key);
  if (named?.includes(name)) requireName(text, key);
  if (isValue(text) || named?.includes(name) || (without?.includes(name) && !phrases)) return;
  if (!phrases) throw new NotSupported(`no ${key} "${text}"`);
  const unknown = leftover(text, phrases);
  if (unknown.length === 0) return;
  throw new NotSupported(
    key === 'operation' && unknown.length === text.trim().split(/\s+/).length
      ? `no operation "${text}"`
      : `unknown in ${key}: ${unknown.map((word) => `"${word}"`).join(', ')} of "${text}"`,
  );
}

/** One name or day; the computation knows whether there is one. */
function requireName(text: string, key: string): void {
  if (!/^[-+%\w.&:[\]]+(?:[ /][-+%\w.&]+)*$/.test(text.trim()))
    throw new NotSupported(`no ${key} "${text}"`);
}

/** A number, a series of one number, a day, or the name of a data file. */
function isValue(text: string): boolean {
  const isNumeric = numberText(text) !== undefined || repeatedText(text) !== undefined;
  return isNumeric || /^\d{4}-\d{2}-\d{2}$/.test(text) || isFileName(text);
}

/**
 * After a row is computed.
 * @throws NotSupported naming the keys that had no part in the answer
 */
export function requireAllRead({ row, unread }: OpenRow, vocabulary: Vocabulary): void {
  const left = unread().filter((name) => {
    const [part, ...rest] = name.split('.');
    const key = rest.join('.');
    const value = peeked(part === 'inputs' ? row.inputs : row.parameters)[key];
    const plain = plainName(key);
    if (vocabulary.without?.includes(plain)) return false;
    if (typeof value === 'string') return isValue(value) || vocabulary.named?.includes(plain);
    return !(Array.isArray(value) && holdsSentences(key, vocabulary));
  });
  if (left.length > 0) throw new NotSupported(`not used: ${left.join(', ')}`);
}
