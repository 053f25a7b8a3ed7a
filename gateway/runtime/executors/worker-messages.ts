/** Messages between a host and its worker threads. A thread runs one call at a time. */
import type { FunctionResult } from '#template/function.ts';
import type { FileFacts } from '#shared/clients/market-data/market-data.ts';
import type { Placement } from '#shared/placement/placement.ts';

/** An event in values that may cross between threads. */
export interface PlainEvent {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

/** What of a deployment a function may see. */
export interface PlainEnvironment {
  /** What the deployment sets over the environment of the thread. */
  readonly environment: Readonly<Record<string, string>>;
  /** Names of the secrets it may read. */
  readonly secrets: readonly string[];
}

export type ToThread =
  | {
      readonly kind: 'call';
      readonly id: number;
      /** Folder of the handler. */
      readonly folder: string;
      readonly callId: string;
      readonly event: PlainEvent;
      readonly functionEnvironment: PlainEnvironment;
      /** CPU-bound operations that this thread must not run itself: they are deployed otherwise. */
      readonly far: readonly string[];
    }
  /** Calls of these handlers will come: what they need is read and opened meanwhile. */
  | {
      readonly kind: 'prepare';
      readonly folders: readonly string[];
      readonly far: readonly string[];
    }
  | { readonly kind: 'abort'; readonly id: number }
  /** One chunk was read; one more may be sent. */
  | { readonly kind: 'more'; readonly id: number }
  /** No call will follow: what is not sent yet, such as spans, is sent, and the thread ends itself. */
  | { readonly kind: 'leave' };

export type FromThread =
  /** The whole answer, or (`chunks`) its head; then chunks follow, and `end`. */
  | {
      readonly kind: 'head';
      readonly id: number;
      readonly status: number;
      readonly headers: NonNullable<FunctionResult['headers']>;
      readonly body: string | Uint8Array | undefined;
      readonly chunks: boolean;
    }
  | { readonly kind: 'piece'; readonly id: number; readonly chunk: string | Uint8Array }
  | { readonly kind: 'end'; readonly id: number }
  /** The handler threw, or its stream broke. */
  | { readonly kind: 'failed'; readonly id: number; readonly message: string }
  /** The handler's module did not load. */
  | { readonly kind: 'not-loaded'; readonly id: number; readonly message: string };

/** Chunks a thread may send before the first of them was read. */
export const CHUNKS_AHEAD = 16;

/** Paths on which the host asks a thread, in place of a call; no caller's path has a blank. */
export const LOADED_PATH = 'is it loaded';
export const READY_PATH = 'is it ready';

/** What a thread needs to open dependencies of its own; secrets stay in memory. */
export interface ThreadDependencies {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly gatewayUrl: string;
  /** Where the tokens are, to be read again when they change. */
  readonly secretsDir: string;
  readonly placement: Placement;
  /** So that a thread does not read files of prices again. */
  readonly fileFacts?: FileFacts | undefined;
}

export interface ThreadData {
  /** Folder in which handlers lie: `<root>/functions/…/handler.js`. */
  readonly root: string;
  /** Folder of the functions' secrets; absent: where OpenFaaS mounts them. */
  readonly secretsDir?: string | undefined;
  /** Bytes outside the heap, such as buffers, above which the thread ends itself. */
  readonly bufferBytesMax?: number | undefined;
  /** For operations of our catalogue; a function that is none of ours gets neither dependencies nor tokens. */
  readonly dependencies?: ThreadDependencies | undefined;
}
