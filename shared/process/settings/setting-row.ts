/** A row of the table of settings, and the parsers that many rows share. */
import { Failure } from '#shared/kernel/failure.ts';

export interface SettingRow<T> {
  readonly env: string;
  /** As it would be written in the environment; null where absence has a meaning of its own. */
  readonly default: string | null;
  readonly says: string;
  readonly parse: (text: string) => T;
}

export function row<T>(
  env: string,
  defaultText: string,
  says: string,
  parse: (text: string) => T,
): SettingRow<T> {
  return { env, default: defaultText, says, parse };
}

export function optional<T>(
  env: string,
  says: string,
  parse: (text: string) => T,
): SettingRow<T | undefined> {
  return { env, default: null, says, parse };
}

export function bad(message: string): never {
  throw new Failure('INVALID_REQUEST', message);
}

export function text(value: string): string {
  return value;
}

export function oneOf<const Names extends readonly string[]>(...names: Names) {
  return (value: string): Names[number] =>
    names.includes(value) ? value : bad(`one of ${names.join(', ')}`);
}
