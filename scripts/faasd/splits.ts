/** How the services are split between the two boards, and what the boards are called in each split. */
import { join } from 'node:path';
import { servicesOf } from '../deploy/board-functions.ts';
import { boardNames, boards, type BoardName } from './boards.ts';

const NAMES = {
  'compute-state': { state: 'state', compute: 'compute' },
  balanced: { state: 'b', compute: 'a' },
} as const satisfies Record<string, Record<BoardName, string>>;

export interface Split {
  /** As `--split` of the scripts names it, and a folder of `deploy/boards`. */
  readonly name: string;
  /** By the board's part: the one with the state, or the other. */
  readonly names: Readonly<Record<BoardName, string>>;
}

/** @throws Error for a name that is none */
export function splitOf(name: string): Split {
  if (name !== 'compute-state' && name !== 'balanced')
    throw new Error(`--split: compute-state or balanced, not ${name}`);
  return { name, names: NAMES[name] };
}

export function folderOf({ name, names }: Split, board: BoardName): string {
  return join('deploy/boards', name, names[board]);
}

/** The functions of the packed stack on a board: one a service, of the same name. */
export function functionsOf(split: Split, board: BoardName): readonly string[] {
  return servicesOf(folderOf(split, board));
}

/** `--hosts` of the scripts. */
export function hostsOf({ names }: Split): string {
  return boardNames.map((one) => `${names[one]}=${boards[one].address}`).join(',');
}

/** Addresses in place of the boards' names, which containers could not look up. */
export function addressed({ names }: Split, text: string): string {
  return boardNames.reduce(
    (made, one) => made.replace(`${names[one]}.local`, boards[one].address),
    text,
  );
}
