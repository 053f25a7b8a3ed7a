/** What a host and its worker threads say to each other. A thread runs one call at a time. */
import type { Placement } from '#shared/placement/placement.ts';

/** An event in values that may cross between threads. */
export interface PlainEvent {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
}

export type ToThread =
  | {
      readonly kind: 'call';
      readonly id: number;
      /** Folder of the handler. */
      readonly folder: string;
      readonly callId: string;
      readonly event: PlainEvent;
    }
  | { readonly kind: 'abort'; readonly id: number }
  /** One piece was read; one more may be sent. */
  | { readonly kind: 'more'; readonly id: number };

export type FromThread =
  /** The whole answer, or (`pieces`) its head; then pieces follow, and `end`. */
  | {
      readonly kind: 'head';
      readonly id: number;
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | Uint8Array | undefined;
      readonly pieces: boolean;
    }
  | { readonly kind: 'piece'; readonly id: number; readonly piece: string | Uint8Array }
  | { readonly kind: 'end'; readonly id: number }
  /** The handler threw, or its stream broke. */
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

/** Pieces a thread may send before the first of them was read. */
export const PIECES_AHEAD = 16;

/** What a thread needs to open a world of its own; secrets stay in memory. */
export interface ThreadData {
  /** Folder in which handlers lie: `<root>/functions/…/handler.js`. */
  readonly root: string;
  readonly world?: {
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly gatewayUrl: string;
    /** Where the tokens lie, to be read anew when they change. */
    readonly secretsDir: string;
    readonly placement: Placement;
  };
}
