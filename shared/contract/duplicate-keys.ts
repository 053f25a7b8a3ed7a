/**
 * Keys that a JSON text repeats within one object. RFC 8259 leaves open which value counts, and readers
 * differ: of an order with two quantities nobody knows which one was meant.
 */

interface Frame {
  /** Keys so far; undefined in an array. */
  readonly keys: Set<string> | undefined;
  /** Of the value that is being read. */
  key: string;
}

/**
 * @param text valid JSON
 * @returns the paths of repeated keys, each once, e.g. `amount.currency`
 */
export function duplicateKeys(text: string): readonly string[] {
  const found = new Set<string>();
  const frames: Frame[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '{') frames.push({ keys: new Set(), key: '' });
    else if (char === '[') frames.push({ keys: undefined, key: '' });
    else if (char === '}' || char === ']') frames.pop();
    else if (char === '"') {
      const end = endOfString(text, at);
      if (isKey(text, end)) takeKey(frames, JSON.parse(text.slice(at, end)) as string, found);
      at = end - 1;
    }
  }
  return [...found];
}

function takeKey(frames: readonly Frame[], key: string, found: Set<string>): void {
  const frame = frames.at(-1);
  if (!frame?.keys) return;
  frame.key = key;
  if (frame.keys.has(key)) found.add(pathOf(frames));
  frame.keys.add(key);
}

function pathOf(frames: readonly Frame[]): string {
  return frames.flatMap(({ keys, key }) => (keys ? [key] : [])).join('.');
}

/** @returns the place after the closing quote */
function endOfString(text: string, start: number): number {
  for (let quote = start; ;) {
    quote = text.indexOf('"', quote + 1);
    if (quote < 0) return text.length;
    let escapes = 0;
    while (text[quote - 1 - escapes] === '\\') escapes += 1;
    if (escapes % 2 === 0) return quote + 1;
  }
}

/** Whether a colon follows: white space in JSON is these four. */
function isKey(text: string, end: number): boolean {
  let at = end;
  while (' \t\r\n'.includes(text[at] ?? '.')) at += 1;
  return text[at] === ':';
}
