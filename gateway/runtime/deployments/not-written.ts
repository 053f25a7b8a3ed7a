/** The failure shown to an operator when the disk is full or a file is not writable. */
import { Failure } from '#shared/kernel/failure.ts';

/** @param where the file or folder, which the operator knows: it is in DATA_DIR */
export function notWritten(where: string, cause: unknown): Failure {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException;
  const text = `nothing was changed: DATA_DIR: cannot write to ${where} (${code})`;
  return new Failure('UNAVAILABLE', text, { where }, cause);
}
