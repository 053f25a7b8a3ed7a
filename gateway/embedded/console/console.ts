/**
 * Output for people: to stdout, or to stderr when stdout is the JSON document. On a terminal
 * progress is one status line, redrawn in place; elsewhere it is lines.
 */
import { styleText } from 'node:util';

export interface Console {
  /** A line for the person who started this, wrapped at the width. */
  print(line: string): void;
  /** The current progress. It is replaced by the next one, and erased when a line is printed. */
  progress(text: string): void;
  /** A line about something wrong; always on stderr. */
  complain(line: string): void;
  /** The one document of `--json`. */
  document(value: unknown): void;
  readonly style: TextStyle;
  /** Columns that a line may take. */
  readonly width: number;
  /** Whether progress is one redrawn status line. */
  readonly isLive: boolean;
}

export interface TextStyle {
  good(text: string): string;
  bad(text: string): string;
  strong(text: string): string;
  faint(text: string): string;
}

type Format = Parameters<typeof styleText>[0];
type Environment = Readonly<Record<string, string | undefined>>;

export interface ConsoleOptions {
  readonly json: boolean;
  readonly env: Environment;
}

const WIDTH_MAX = 100;
const WIDTH_PIPED = 80;
const WIDTH_MIN = 20;
const CLEAR_LINE = '\r\u001b[2K';

export function openConsole({ json, env }: ConsoleOptions): Console {
  const target = json ? process.stderr : process.stdout;
  const isTerminal = target.isTTY === true;
  const isLive = isTerminal && env['TERM'] !== 'dumb' && !env['CI'];
  // The reader may close the pipe; that is not an error.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  let isDrawn = false;
  const clear = (): void => {
    if (isDrawn) target.write(CLEAR_LINE);
    isDrawn = false;
  };
  const width = widthOf(target);
  return {
    width,
    isLive,
    style: openTextStyle(isColoured(isTerminal, env)),
    print: (line) => {
      clear();
      for (const part of wrapped(line, width)) target.write(`${part}\n`);
    },
    progress: (text) => {
      clear();
      if (isLive) target.write(text.slice(0, width - 1));
      else target.write(`${text}\n`);
      isDrawn = isLive;
    },
    complain: (line) => {
      clear();
      process.stderr.write(`${line}\n`);
    },
    document: (value) => void process.stdout.write(`${JSON.stringify(value, null, 2)}\n`),
  };
}

function widthOf({ isTTY, columns }: NodeJS.WriteStream): number {
  if (!isTTY) return WIDTH_PIPED;
  return Math.max(WIDTH_MIN, Math.min(columns || WIDTH_PIPED, WIDTH_MAX));
}

/** NO_COLOR wins over FORCE_COLOR, and both over what the terminal is. */
function isColoured(isTerminal: boolean, env: Environment): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return isTerminal && env['TERM'] !== 'dumb';
}

const INDENT = /^ */;

/** What is read as one: amounts, figures with their unit, moments, commands. */
const TOGETHER = [
  /\b[A-Z]{3} [-+\u2212]?\d[\d,.]*/g,
  /\d[\d,.]* (?:%|bp\b|ms\b|s\b|min\b)/g,
  /\b(?:[A-Z][a-z]{2} )?\d{1,2} [A-Z][a-z]{2}(?: \d{2}:\d{2})?(?: UTC)?\b/g,
  /\b(?:npx )?trader [a-z]+(?: --[a-z]+)?/g,
] as const;
const NO_BREAK = '\u00a0';

/**
 * Breaks a line at spaces; what follows is indented by two more than the line. An amount is not parted from its
 * currency, a figure from its unit, a day from its hour, nor a command from its option. A word that is longer than a
 * line, such as an address, is left whole.
 */
export function wrapped(line: string, width: number): string[] {
  if (line.length <= width || line.includes('\u001b')) return [line];
  const indent = `${INDENT.exec(line)?.[0] ?? ''}  `;
  const lines: string[] = [];
  let current = '';
  for (const word of keptTogether(line).split(/(?<=\S) (?=\S)/)) {
    const joined = current === '' ? word : `${current} ${word}`;
    const fits = joined.length <= width || current === '';
    if (!fits) lines.push(current);
    current = fits ? joined : `${indent}${word}`;
  }
  return [...lines, current].map((part) => part.replaceAll(NO_BREAK, ' '));
}

function keptTogether(line: string): string {
  return TOGETHER.reduce(
    (text, pattern) => text.replaceAll(pattern, (part) => part.replaceAll(' ', NO_BREAK)),
    line,
  );
}

function openTextStyle(inColour: boolean): TextStyle {
  const style =
    (format: Format) =>
    (text: string): string =>
      inColour ? styleText(format, text, { validateStream: false }) : text;
  return {
    good: style('green'),
    bad: style('red'),
    strong: style('bold'),
    faint: style('dim'),
  };
}
