/** Answers on stdout, or in a file: lines for a person, or one JSON document. */
import { writeFile } from 'node:fs/promises';
import { wrapped } from '#gateway/embedded/console/console.ts';
import { fromCallerFolder } from './caller-folder.ts';

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

/** `trader: TEXT` on stderr, as wide as the terminal; in one line where it is none, for programs that read it. */
export function complain(text: string): void {
  remark([`trader: ${text.trimEnd()}`]);
}

/** Lines beside the answer, on stderr. */
export function remark(lines: readonly string[]): void {
  const { isTTY, columns } = process.stderr;
  const width = Math.min(columns || WIDTH_PIPED, WIDTH_MAX);
  const text = isTTY ? lines.flatMap((line) => wrapped(line, width)) : lines;
  process.stderr.write(`${text.join('\n')}\n`);
}

/**
 * Writes a text to a file, or to stdout where none is named.
 * @param what is written, as the confirmation says it: `3 lines of the ledger`
 */
export async function writeText(
  file: string | undefined,
  text: string,
  what: string,
): Promise<void> {
  if (file === undefined) return void process.stdout.write(text);
  const path = fromCallerFolder(file);
  await writeFile(path, text);
  process.stdout.write(`Wrote ${what} to ${path}.\n`);
}
