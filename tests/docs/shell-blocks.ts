/** The fenced blocks of the documents, and how each that holds shell commands is tried. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface Block {
  /** `docs/start.md:12` */
  readonly where: string;
  readonly language: string;
  readonly text: string;
  /** `<!-- run by: FILE -->` above the block: a test that runs the same commands. */
  readonly runBy: string | undefined;
  /** `<!-- not run: REASON -->` above the block. */
  readonly notRun: string | undefined;
}

const FENCE = /^( *)```(.*)$/;
const MARK = /^ *<!-- (run by|not run): (.+) -->$/;

export function documents(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
    encoding: 'utf8',
  });
  return listed.split('\n').filter((file) => file !== '' && !file.startsWith('tests/'));
}

export function blocksOf(file: string): readonly Block[] {
  return blocksIn(file, readFileSync(file, 'utf8'));
}

export function blocksIn(file: string, document: string): readonly Block[] {
  const lines = document.split('\n');
  const blocks: Block[] = [];
  for (let i = 0; i < lines.length; i += 1) {
    const language = FENCE.exec(lines[i] ?? '')?.[2];
    if (language === undefined) continue;
    const end = lines.findIndex((line, k) => k > i && FENCE.test(line));
    const [, kind, detail] = MARK.exec(markAbove(lines, i)) ?? [];
    blocks.push({
      where: `${file}:${i + 1}`,
      language: language.trim(),
      text: lines.slice(i + 1, end).join('\n'),
      runBy: kind === 'run by' ? detail : undefined,
      notRun: kind === 'not run' ? detail : undefined,
    });
    i = end;
  }
  return blocks;
}

/** The nearest line above that is not empty; Prettier puts an empty one between. */
function markAbove(lines: readonly string[], fence: number): string {
  return lines.slice(0, fence).findLast((line) => line.trim() !== '') ?? '';
}
