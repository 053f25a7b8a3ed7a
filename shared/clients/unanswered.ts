import { Failure } from '#shared/kernel/failure.ts';

/** A function that did not answer. @param sent whether it may have heard of the call */
export function unanswered(name: string, sent: 'no' | 'unknown', cause: unknown): Failure {
  const what = `The function ${name}`;
  return new Failure('UNAVAILABLE', `${what} did not answer.`, { what, sent }, cause);
}
