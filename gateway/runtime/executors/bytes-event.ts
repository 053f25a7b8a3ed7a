/** A call as a function gets it that is none of ours, or that runs on another thread. */
import type { FunctionEvent } from '#template/function.ts';
import { requestText } from '#shared/clients/functions-client.ts';

/** @returns the event with its message as the body, in JSON */
export function inBytes(event: FunctionEvent): FunctionEvent {
  if (!event.message) return event;
  const { message, ...rest } = event;
  return { ...rest, body: Buffer.from(requestText(message)) };
}
