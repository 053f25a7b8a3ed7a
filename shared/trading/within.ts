/** A limit in time for work that may ignore the signal it is given. */
import { Failure } from '#shared/kernel/failure.ts';

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
  const control = new AbortController();
  const leave = (): void => control.abort(caller?.reason);
  caller?.addEventListener('abort', leave, { once: true });
  const late = new Failure('DEADLINE', `No answer within ${limitMs} ms.`);
  const timer = setTimeout(() => control.abort(late), limitMs);
  try {
    const over = new Promise<never>((_resolve, reject) => {
      control.signal.addEventListener('abort', () => reject(control.signal.reason as Error));
    });
    return await Promise.race([work(control.signal), over]);
  } finally {
    clearTimeout(timer);
    caller?.removeEventListener('abort', leave);
  }
}
