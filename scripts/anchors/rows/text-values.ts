/** Texts that stand for a name, a number or a file. */

/** Names are compared without case, spaces, signs and what stands in brackets. */
export function plainName(name: string): string {
  return name
    .replace(/\(.*?\)|\[.*?\]/g, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]/g, '');
}

const NUMBER = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?`;
const REMARK = String.raw`\((?:given|exact|rounded|fit:?\s*${NUMBER})\)`;
const NUMBER_TEXT = new RegExp(
  String.raw`^\s*(${NUMBER})\s*(?:/\s*(${NUMBER})\s*)?(?:${REMARK})?\s*$`,
  'i',
);

/** Of `4.25`, `0.6/0.25` or `3.07 (fit: 3.0651)`; undefined of any other text. */
export function numberText(text: string): number | undefined {
  const found = NUMBER_TEXT.exec(text);
  if (!found) return undefined;
  return Number(found[1]) / Number(found[2] ?? 1);
}

const REPEATED_TEXT = /^\s*(-?\d*\.?\d+(?:e-?\d+)?) repeated (\d+) times\s*$/i;

/** Of `0.004 repeated 300 times`. */
export function repeatedText(text: string): Float64Array | undefined {
  const found = REPEATED_TEXT.exec(text);
  return found ? new Float64Array(Number(found[2])).fill(Number(found[1])) : undefined;
}

/** Without spaces, and of a data folder or with the ending of a data file. */
export function isFileName(text: unknown): text is string {
  return typeof text === 'string' && /^(public\/|data\/)\S+$|^\S+\.(csv|txt|json)$/.test(text);
}
