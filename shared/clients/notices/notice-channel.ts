/** A way by which a notice reaches a person. */

export type Urgency = 'low' | 'normal' | 'high' | 'urgent';

export interface OutgoingNotice {
  /** Names it for ever; a receiver that gets it twice knows. */
  readonly key: string;
  /** Stable word, e.g. `plan-waiting`. */
  readonly kind: string;
  readonly urgency: Urgency;
  /** Complete by itself; begins with PRACTICE or REAL. */
  readonly title: string;
  readonly text: string;
  readonly at: string;
  readonly practice: boolean;
  /** Where to look; empty where nobody said. */
  readonly url: string;
}

export interface NoticeChannel {
  readonly name: 'ntfy' | 'telegram' | 'email' | 'webhook';
  /** @throws Failure UNAVAILABLE to try again (`retryAfterMs`), REFUSED for what never will be taken */
  send(notice: OutgoingNotice, signal: AbortSignal): Promise<void>;
}
