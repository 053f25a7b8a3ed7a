/** What becomes known of a call when it is over, whatever became of it. */
export interface EndedCall {
  readonly callId: string;
  readonly method: string;
  /** Without the query, which may hold what is nobody's business. */
  readonly path: string;
  readonly status: number;
  readonly seconds: number;
  /** Which thread carried it; absent: the host itself. */
  readonly instance?: string | undefined;
}
