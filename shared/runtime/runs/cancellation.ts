/** Detects, while a run is executed, that every subscriber has cancelled. */
import { cancelled } from '#shared/clients/functions-client.ts';
import { Caller } from '#template/caller.ts';
import type { Runs } from './runs.ts';

export interface CancellationWatch {
  /** Leaves with `cancelled()`, so that runs the work itself has started are cancelled too. */
  readonly caller: Caller;
  close(): void;
}

const POLL_MS = 300;

/** Polls once before it is returned, then until it is closed. */
export async function watchCancellation(runs: Runs, run: string): Promise<CancellationWatch> {
  const { watch, poll } = watching(runs, run);
  await poll();
  return watch;
}

/** Of a run that nobody can have cancelled yet: it is polled later. */
export function watchLater(runs: Runs, run: string): CancellationWatch {
  const { watch, pollLater } = watching(runs, run);
  pollLater();
  return watch;
}

function watching(runs: Runs, run: string) {
  const caller = new Caller();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const poll = async (): Promise<void> => {
    // Redis may be unreachable for a moment; the next poll retries.
    const isCancelled = await runs.cancelled(run).catch(() => false);
    if (closed) return;
    if (isCancelled) caller.leave(cancelled());
    else pollLater();
  };
  const pollLater = (): void => {
    timer = setTimeout(() => void poll(), POLL_MS);
  };
  const close = (): void => {
    closed = true;
    clearTimeout(timer);
  };
  return { watch: { caller, close }, poll, pollLater };
}
