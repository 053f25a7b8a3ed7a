/** Whether a recorded process is still the same process: ids are reused. */
import { readFile } from 'node:fs/promises';

export interface ProcessMark {
  readonly pid: number;
  /**
   * Clock ticks from boot to its start, where the system has it (Linux); distinguishes processes that reuse an
   * id.
   */
  readonly startedAt: string | null;
}

export async function markOf(pid: number): Promise<ProcessMark> {
  return { pid, startedAt: await startTicks(pid) };
}

export async function lives(mark: ProcessMark): Promise<boolean> {
  if (!exists(mark.pid)) return false;
  return mark.startedAt === (await startTicks(mark.pid));
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    // A process of another user exists, too.
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Field 22 of /proc/<pid>/stat; the name before it may hold blanks and brackets. */
async function startTicks(pid: number): Promise<string | null> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // A zombie is listed until its parent reaps it; it does nothing any more.
  return fields[0] === 'Z' ? null : (fields[19] ?? null);
}
