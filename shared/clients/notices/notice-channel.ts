/** A way by which a notice reaches a person. */
import type { ChannelName, NoticeUrgency } from '#shared/process/notice-kinds.ts';

export interface OutgoingNotice {
  /** Names it for ever; a receiver that gets it twice knows. */
  readonly key: string;
  /** Stable word, e.g. `plan-waiting`. */
  readonly kind: string;
  readonly urgency: NoticeUrgency;
  /** Complete by itself; begins with PRACTICE or REAL. */
  readonly title: string;
  readonly text: string;
  readonly at: string;
  readonly practice: boolean;
  /** The address to open; empty where nobody said. */
  readonly url: string;
  /** Buttons that answer a plan; only channels with buttons get them. */
  readonly answers?: AnswerButtons | undefined;
}

export interface AnswerButtons {
  /** Takes `{"token": …}` in a POST; empty where the gateway's address is not known. */
  readonly address: string;
  /** Each works once. */
  readonly approveToken: string;
  readonly rejectToken: string;
}

export interface NoticeChannel {
  readonly name: ChannelName;
  /** Whether a notice can carry buttons that answer a plan. */
  readonly hasButtons: boolean;
  /** @throws Failure UNAVAILABLE to try again (`retryAfterMs`), REFUSED for what never will be taken */
  send(notice: OutgoingNotice, signal: AbortSignal): Promise<void>;
}
