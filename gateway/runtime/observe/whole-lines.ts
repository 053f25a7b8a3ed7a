/** Splits the output of a thread, in whatever chunks it comes, into lines of any length. */
import { StringDecoder } from 'node:string_decoder';

export class WholeLines {
  private readonly take: (line: string) => void;
  private readonly decoder = new StringDecoder('utf8');
  private pending = '';

  /** @param take gets each line without its end */
  constructor(take: (line: string) => void) {
    this.take = take;
  }

  write(chunk: Uint8Array | string): void {
    const text = typeof chunk === 'string' ? chunk : this.decoder.write(Buffer.from(chunk));
    const lines = `${this.pending}${text}`.split('\n');
    this.pending = lines.pop() ?? '';
    for (const line of lines) this.take(line);
  }

  /** Emits the last line, where it had no end. */
  end(): void {
    const rest = `${this.pending}${this.decoder.end()}`;
    this.pending = '';
    if (rest !== '') this.take(rest);
  }
}
