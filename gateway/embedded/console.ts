/** Output for people: to stdout, or to stderr when stdout is the JSON document. */
import { styleText } from 'node:util';

export interface Console {
  /** A line for the person who started this. */
  print(line: string): void;
  /** A line about something wrong; always on stderr. */
  complain(line: string): void;
  /** The one document of `--json`. */
  document(value: unknown): void;
  readonly style: TextStyle;
}

export interface TextStyle {
  good(text: string): string;
  bad(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
}

type Format = Parameters<typeof styleText>[0];

export interface ConsoleOptions {
  readonly json: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function openConsole({ json, env }: ConsoleOptions): Console {
  const target = json ? process.stderr : process.stdout;
  // The reader may close the pipe; that is no error of ours.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  return {
    print: (line) => void target.write(`${line}\n`),
    complain: (line) => void process.stderr.write(`${line}\n`),
    document: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
    style: openTextStyle(target.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb'),
  };
}

function openTextStyle(inColour: boolean): TextStyle {
  const style =
    (format: Format) =>
    (text: string): string =>
      inColour ? styleText(format, text) : text;
  return {
    good: style('green'),
    bad: style('red'),
    strong: style('bold'),
    faint: style('dim'),
  };
}
