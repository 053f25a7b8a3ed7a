/** Answers on stdout: lines for a person, or one JSON document. */
import { wrapped } from '#gateway/embedded/console/console.ts';

export interface OutputOptions {
  readonly json?: boolean;
}

const WIDTH_MAX = 100;
const WIDTH_PIPED = 80;

export function output({ json }: OutputOptions, document: unknown, lines: readonly string[]): void {
  const width = Math.min(process.stdout.columns || WIDTH_PIPED, WIDTH_MAX);
  const text = json
    ? [JSON.stringify(document, null, 2)]
    : lines.flatMap((line) => wrapped(line, width));
  process.stdout.write(`${text.join('\n')}\n`);
}
