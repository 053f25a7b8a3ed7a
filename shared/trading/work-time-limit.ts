/** A time limit for work that may ignore its abort signal. */
import { Failure } from '#shared/kernel/failure.ts';
import { Deadline } from '#shared/process/deadline.ts';

/**
 * @param caller ends the wait too, where given
 * @throws Failure DEADLINE when the time is up; then the work may still go on
 */
export async function within<T>(
  limitMs: number,
  work: (signal: AbortSignal) => Promise<T>,
  caller?: AbortSignal,
): Promise<T> {
  caller?.throwIfAborted();
  const late = (): Failure => new Failure('DEADLINE', `No answer within ${limitMs} ms.`);
  const deadline = new Deadline(caller, limitMs, late);
  try {
    return await deadline.until(work(deadline.signal));
  } finally {
    deadline.close();
  }
}
