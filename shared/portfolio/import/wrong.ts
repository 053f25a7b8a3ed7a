/** How an import refuses a row or a file. */
import { Failure } from '#shared/kernel/failure.ts';

/** @param why words for the person whose file it is */
export function wrong(why: string): Failure {
  return new Failure('INVALID_REQUEST', why);
}
