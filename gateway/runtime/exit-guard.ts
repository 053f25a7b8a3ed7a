/**
 * Keeps a function that shares the host's thread from ending the host: while a guard is held,
 * `process.exit` is refused, and only `endProcess` ends.
 */
import { refused } from '#shared/kernel/failure.ts';

const exit = process.exit.bind(process);
let holders = 0;

/** @returns what gives the guard back */
export function guardExit(): () => void {
  holders += 1;
  process.exit = refuse;
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    holders -= 1;
    if (holders === 0) process.exit = exit;
  };
}

export function endProcess(code: number): never {
  return exit(code);
}

function refuse(): never {
  throw refused('exit-in-host', 'a function that shares its process with others may not end it');
}
