/**
 * Keeps a function that shares the host's thread from ending the host: while a guard is held,
 * `process.exit` and signals to itself are refused, and only `endProcess` ends. A refusal that a function's own
 * timer or callback runs into reaches no caller; it is reported to the holders, and the host goes on.
 */
import { Failure, refused } from '#shared/kernel/failure.ts';

const RULE = 'exit-in-host';
const exit = process.exit.bind(process);
const kill = process.kill.bind(process);
const holders = new Set<(refusal: Error) => void>();

/**
 * @param onStrayRejection called with a rejection that ended nobody's call
 * @returns a function that releases the guard
 */
export function guardExit(onStrayRejection: (refusal: Error) => void): () => void {
  // Each holder is distinct, even with the same function.
  const holder = (refusal: Error): void => onStrayRejection(refusal);
  if (holders.size === 0) {
    process.on('uncaughtException', ignoreAfterExit);
    guardKill(refuse);
  }
  holders.add(holder);
  process.exit = refuse;
  return () => {
    holders.delete(holder);
    if (holders.size > 0) return;
    process.exit = exit;
    process.kill = kill;
    process.off('uncaughtException', ignoreAfterExit);
  };
}

/** Replaces a signal to this process, which other functions share. */
export function guardKill(instead: () => never): void {
  process.kill = (pid, signal) => {
    const own = [process.pid, -process.pid, 0, -1];
    // Signal 0 only checks whether the process exists.
    return signal !== 0 && own.includes(pid) ? instead() : kill(pid, signal);
  };
}

export function endProcess(code: number): never {
  return exit(code);
}

/** Whether it was thrown for an attempt to end the host. */
export function isExit(thrown: unknown): thrown is Failure {
  return thrown instanceof Failure && thrown.facts['rule'] === RULE;
}

function refuse(): never {
  throw refused(RULE, 'a function that shares its process with others may not end it');
}

/** Everything else ends the process, as it does without a listener. */
function ignoreAfterExit(thrown: Error): void {
  if (isExit(thrown)) return holders.forEach((onStrayRejection) => onStrayRejection(thrown));
  if (process.listenerCount('uncaughtException') > 1) return;
  process.stderr.write(`${thrown?.stack ?? String(thrown)}\n`);
  exit(1);
}
