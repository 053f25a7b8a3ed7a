/** Decodes protobuf bytes strictly: nothing is replaced or dropped silently. */
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { fieldsWith } from './text-fields.ts';

type Decode = (bytes: Buffer) => object;

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
/**
 * Placeholder for text that is not UTF-8; it cannot collide with a value, since control characters
 * are refused.
 */
const NOT_UTF8 = '\u0000not UTF-8\u0000';

/**
 * @param decode of generated code, which takes a reader in place of bytes
 * @throws Failure INVALID_REQUEST naming text that is not UTF-8, or a key that an object cannot have; else
 *   what `decode` throws
 */
export function decodeStrictly(decode: Decode, bytes: Buffer): object {
  try {
    return decodeWith(decode, bytes, strictText);
  } catch (thrown) {
    if (thrown instanceof Failure) throw thrown;
    const fields = fieldsNotUtf8(decode, bytes);
    if (fields.length === 0) throw thrown;
    throw invalidRequest(...fields.map((field) => ({ field, message: 'is not UTF-8' })));
  }
}

function decodeWith(decode: Decode, bytes: Buffer, textOf: (bytes: Uint8Array) => string): object {
  return decode(new StrictReader(bytes, textOf) as never);
}

class StrictReader extends BinaryReader {
  /** As a key of a map this text would be dropped by generated code. */
  override string(strict?: boolean): string {
    const text = super.string(strict);
    if (text === '__proto__') throw invalidRequest({ field: text, message: 'is not a key' });
    return text;
  }
}

function strictText(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

function fieldsNotUtf8(decode: Decode, bytes: Buffer): string[] {
  const marked = (part: Uint8Array): string => {
    try {
      return utf8.decode(part);
    } catch {
      return NOT_UTF8;
    }
  };
  try {
    return fieldsWith(decodeWith(decode, bytes, marked), NOT_UTF8);
  } catch {
    return [];
  }
}
