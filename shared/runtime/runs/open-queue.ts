/** Loaded late: most functions queue nothing, and BullMQ takes much memory. */
import { Queue, type ConnectionOptions } from 'bullmq';

export function openQueue<Data>(
  topic: string,
  options: { readonly connection: ConnectionOptions; readonly prefix: string },
): Queue<Data> {
  const queue = new Queue<Data>(topic, options);
  // BullMQ reports what commands report too; without a listener it would end the process.
  queue.on('error', () => undefined);
  return queue;
}
