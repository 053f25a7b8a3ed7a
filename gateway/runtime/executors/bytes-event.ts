/** A call as a function gets it that is none of ours, or that runs on another thread. */
import type { FunctionEvent } from '#template/function.ts';

/** @returns the event without the object: the body has the same request in bytes */
export function inBytes(event: FunctionEvent): FunctionEvent {
  if (!event.message) return event;
  const { message: _message, ...rest } = event;
  return rest;
}
