/** The other side of replay-threads.ts: carries out the runs that the main thread asks for. */
import { parentPort, workerData } from 'node:worker_threads';
import { openCsv } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { present } from '#shared/kernel/assert.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Past } from '#shared/replay/past.ts';
import { readPast } from '#shared/replay/read-past.ts';
import { runHere } from '#shared/replay/replay-policies.ts';
import { replayedHandlers } from '../functions/gateway/run-replay/replayed-handlers.ts';
import type { ThreadAnswer, ThreadInputs, ThreadTask } from './replay-threads.ts';

export function serveReplays(): void {
  const port = present(parentPort, 'a thread has a main thread');
  const inputs = workerData as ThreadInputs;
  let past: Promise<Past> | undefined;
  port.on('message', (task: ThreadTask) => {
    past ??= pastOf(inputs, task.policy.currency);
    void answerTo(task, inputs, past).then((answer) => port.postMessage(answer));
  });
}

async function answerTo(
  { policy, on }: ThreadTask,
  { window }: ThreadInputs,
  past: Promise<Past>,
): Promise<ThreadAnswer> {
  try {
    return {
      run: await runHere({ past: await past, window, handlers: replayedHandlers })(policy, on),
    };
  } catch (thrown) {
    const { code, message, facts } = Failure.from(thrown);
    return { failure: { code, message, facts } };
  }
}

async function pastOf({ data }: ThreadInputs, currency: Currency): Promise<Past> {
  return readPast(await openCsv(data), currency, new AbortController().signal);
}
