/** Noticing, while a run is carried out, that nobody wants it any more. */
import { takenBack } from '#shared/clients/functions-client.ts';
import type { Runs } from './runs.ts';

export interface TakenBackWatch {
  /** Aborts with `takenBack()`, so that runs the work itself has asked for are taken back too. */
  readonly signal: AbortSignal;
  close(): void;
}

const LOOK_MS = 300;

/** Has looked when it is there, and looks again and again until it is closed. */
export async function watchTakenBack(runs: Runs, run: string): Promise<TakenBackWatch> {
  const stop = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const look = async (): Promise<void> => {
    // Redis may be away for a moment; the next look asks again.
    const unwanted = await runs.takenBack(run).catch(() => false);
    if (closed) return;
    if (unwanted) stop.abort(takenBack());
    else timer = setTimeout(() => void look(), LOOK_MS);
  };
  await look();
  return {
    signal: stop.signal,
    close: () => {
      closed = true;
      clearTimeout(timer);
    },
  };
}
