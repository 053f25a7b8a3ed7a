/** Splits the output of a function, in whatever chunks it comes, into printable lines. */
import { StringDecoder } from 'node:string_decoder';

/**
 * Longest line that is kept, in characters; the rest of a longer one is counted, not kept.
 * @internal exported for its tests
 */
export const LINE_LENGTH_MAX = 4_096;

export class PrintedLines {
  private readonly take: (line: string) => void;
  private readonly decoder = new StringDecoder('utf8');
  private pending = '';
  private left = 0;

  /** @param take gets each line, printable, without its end */
  constructor(take: (line: string) => void) {
    this.take = take;
  }

  write(chunk: Uint8Array | string): void {
    const text = typeof chunk === 'string' ? chunk : this.decoder.write(Buffer.from(chunk));
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      this.keep(text, from, end);
      this.flush();
      from = end + 1;
    }
    this.keep(text, from, text.length);
  }

  /** Emits the last line, where it had no newline. */
  end(): void {
    const rest = this.decoder.end();
    this.keep(rest, 0, rest.length);
    if (this.pending !== '') this.flush();
  }

  private keep(text: string, from: number, to: number): void {
    const room = Math.max(0, LINE_LENGTH_MAX - this.pending.length);
    this.pending += text.slice(from, Math.min(to, from + room));
    this.left += Math.max(0, to - from - room);
  }

  private flush(): void {
    const mark = this.left > 0 ? ` … (${this.left} more characters)` : '';
    this.take(printable(this.pending) + mark);
    this.pending = '';
    this.left = 0;
  }
}

/** Colour codes are removed; other control characters become U+FFFD. */
export function printable(line: string): string {
  if (/^[ -~]*$/.test(line)) return line;
  return line
    .replace(/\r$/, '')
    .replace(/\p{Cc}\[[0-?]*[ -/]*[@-~]/gu, '')
    .replace(/\p{Cc}/gu, (control) => (control === '\t' ? control : '\ufffd'));
}
