/** The program of the threads of replay-threads.ts: carries out the runs that the main thread asks for. */
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '#shared/kernel/assert.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { Past } from '#shared/replay/past.ts';
import { runHere } from '#shared/replay/replay-policies.ts';
import { receivedPast } from '#shared/replay/sent-past.ts';
import { replayedHandlers } from '../functions/gateway/run-replay/replayed-handlers.ts';
import type { ThreadAnswer, ThreadInputs, ThreadTask } from './replay-threads.ts';

const port = present(parentPort, 'a thread has a main thread');
const { window, past: sent } = workerData as ThreadInputs;
const past = receivedPast(sent);
port.on('message', (task: ThreadTask) => {
  void answerTo(task, past).then((answer) => port.postMessage(answer));
});

async function answerTo({ policy, on }: ThreadTask, past: Past): Promise<ThreadAnswer> {
  try {
    return {
      run: await runHere({ past, window, handlers: replayedHandlers })(policy, on),
    };
  } catch (thrown) {
    const { code, message, facts } = Failure.from(thrown);
    return { failure: { code, message, facts } };
  }
}
