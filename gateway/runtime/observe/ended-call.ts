/** The facts about a call when it has ended, however it ended. */
export interface EndedCall {
  readonly callId: string;
  readonly method: string;
  /** Without the query, which may hold private data. */
  readonly path: string;
  readonly status: number;
  readonly seconds: number;
  /** Which thread ran it; absent: the host itself. */
  readonly instance?: string | undefined;
}
