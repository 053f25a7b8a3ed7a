/** The name of a notice where a service takes only some characters: the same for the same key. */
import { createHash } from 'node:crypto';

/** @returns 32 hexadecimal digits */
export function noticeId(key: string): string {
  return createHash('sha256').update(key).digest('hex').slice(0, 32);
}
