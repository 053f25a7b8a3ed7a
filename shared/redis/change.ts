/** What a commit expects of documents, and what it writes. */
import type { KeptField } from './kept-field.ts';

export interface Expectation {
  readonly key: string;
  readonly version: number;
}

type Operator =
  | 'HSET'
  | 'HSETNX'
  | 'HDEL'
  | 'SET'
  | 'ZADD'
  | 'ZREM'
  | 'RPUSH'
  | 'SADD'
  | 'SREM'
  | 'DEL'
  | 'PEXPIRE';

export interface Write {
  readonly op: Operator;
  readonly key: string;
  readonly args: readonly string[];
  /** What a document's write stores, for stores that keep values; its JSON is made when `args` are read. */
  readonly document?: { readonly version: number; readonly value: unknown } | undefined;
  /** The same of a field's write. */
  readonly field?: { readonly name: string; readonly kept: KeptField } | undefined;
}
