/** Child processes of a benchmark. They end with it, however it ends. */
import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';

const running = new Set<ChildProcess>();

process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

export function start(program: string, args: readonly string[], options: SpawnOptions) {
  const child = spawn(program, args, options);
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

export async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}

/**
 * Reads a process's output until it matches, and keeps draining it, so that the process is never
 * blocked.
 * @returns what was found
 * @throws Error with its last words if it ends before
 */
export function hears(child: ChildProcess, from: 'stdout' | 'stderr', requested: RegExp) {
  const output = child[from];
  return new Promise<RegExpExecArray>((resolve, reject) => {
    let text = '';
    const heard = (chunk: Buffer): void => {
      text += chunk.toString();
      const found = requested.exec(text);
      if (!found) return;
      output?.off('data', heard).resume();
      resolve(found);
    };
    output?.on('data', heard);
    child.once('exit', () => reject(new Error(`a process ended early: ${text.slice(-500)}`)));
  });
}
