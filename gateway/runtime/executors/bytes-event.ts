/** A call as a function gets it that is none of ours, or that runs on another thread. */
import type { FunctionEvent } from '#template/function.ts';
import { requestText } from '#shared/clients/functions-client.ts';

/** @returns the event with its message as the body, in JSON */
export function inBytes(event: FunctionEvent): FunctionEvent {
  const { message, ...rest } = event;
  return message ? { ...rest, body: Buffer.from(requestText(message)) } : event;
}
