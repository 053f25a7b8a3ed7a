/** Storage of a stage's state: the model in memory, or a database of a real redis-server. */
import type { Command } from 'ioredis';

/** @typeParam K a kept state, to be set back later, on any server of the same kind */
export interface StateServer<K = unknown> {
  /** The reply of Redis; rejects as Redis refuses. */
  send(command: Command): Promise<unknown>;
  flush(): Promise<void>;
  keep(): Promise<K>;
  restore(kept: K): Promise<void>;
  /** Ends the locks of processes that died; Redis' own clock is not the stage's. */
  expireClaims(): Promise<void>;
  close(): Promise<void>;
}

/** Of the installation; its keys have the same as a hash tag, so that a cluster keeps them together. */
export const PREFIX = 'sim';
export const KEY_PREFIX = `{${PREFIX}}`;
export const CLAIMS = /:claim$|\{cycles\}:running$/;
