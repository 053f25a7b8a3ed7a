/** A question before something is done. It is asked beside the answer, so that `--json` stays one document. */
import { createInterface } from 'node:readline/promises';
import { commandExitCodes } from './command-exit-codes.ts';
import { complain, remark } from './output.ts';

/**
 * False without a terminal: nobody can be asked there.
 * @param shown what is agreed to
 */
export async function agreed(question: string, shown: readonly string[] = []): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  if (shown.length > 0) remark([...shown, '']);
  const dialogue = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await dialogue.question(`${question} [y/N] `);
  dialogue.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** How a command ends that was not agreed to. */
export function nothingChanged(): void {
  complain('nothing was changed');
  process.exitCode = commandExitCodes.refused;
}
