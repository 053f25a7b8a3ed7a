/** SIGINT and SIGTERM: the first stops in an orderly way, the second by force. */
import { endProcess } from '#gateway/runtime/executors/exit-guard.ts';
import { programExitCodes } from './program-exit-codes.ts';

export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (stop.signal.aborted) endProcess(programExitCodes.forced);
      stop.abort(new DOMException('The program stops.', 'AbortError'));
    });
  return stop.signal;
}
