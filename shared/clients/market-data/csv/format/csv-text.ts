/** The text of a file whose encoding nobody states: UTF-8, UTF-16 or Windows-1252. */

const UTF16_SAMPLE_BYTES = 512;

/**
 * A byte-order mark decides. Without one, a file whose every second byte is mostly 0 is UTF-16, one
 * that is valid UTF-8 is that, and any other is Windows-1252, which European exports use.
 */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes);
}

/** The first line, from 1, with an odd number of quotes. */
export function oddQuoteLine(text: string): number {
  const odd = text.split(/\r\n?|\n/).findIndex((line) => line.split('"').length % 2 === 0);
  return Math.max(0, odd) + 1;
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const zeros = zerosAt(bytes);
  if (zeros.odd > zeros.pairs / 2) return 'utf-16le';
  if (zeros.even > zeros.pairs / 2) return 'utf-16be';
  return isUtf8(bytes) ? 'utf-8' : 'windows-1252';
}

function zerosAt(bytes: Uint8Array): { even: number; odd: number; pairs: number } {
  const pairs = Math.floor(Math.min(bytes.length, UTF16_SAMPLE_BYTES) / 2);
  let [even, odd] = [0, 0];
  for (let i = 0; i < pairs * 2; i += 2) {
    if (bytes[i] === 0) even += 1;
    if (bytes[i + 1] === 0) odd += 1;
  }
  return { even, odd, pairs };
}

function isUtf8(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
