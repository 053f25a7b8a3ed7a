/** What the owner is notified of, and what it is found in. */
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import type { NoticeKind } from '#shared/process/notice-kinds.ts';
import type { Changed, Condition } from '../model/conditions.ts';
import type { Proposal } from '../model/proposal.ts';

export interface Notice {
  /** The same event has the same key, so that it is sent once. */
  readonly key: string;
  readonly kind: NoticeKind;
  readonly title: string;
  readonly text: string;
  /** Not sent any more afterwards; absent for what stays true. */
  readonly untilMs?: number | undefined;
  /** The plan that buttons can answer. */
  readonly planId?: string | undefined;
}

export type Found = Omit<Notice, 'title'> & { readonly headline: string };

export interface KnownCondition extends Condition {
  readonly kind: NoticeKind;
  readonly headline: string;
  readonly text: string;
}

export interface NoticeInputs {
  readonly overview: GetOverviewResponse;
  readonly proposals: readonly Proposal[];
  readonly nowMs: number;
  /** Of the times in texts. */
  readonly zone: string;
  readonly conditions: readonly KnownCondition[];
  readonly changed: Pick<Changed, 'began' | 'ended'>;
  /** Whether texts may name sums. */
  readonly withAmounts: boolean;
}

/** Begins with PRACTICE or REAL, so that nobody takes one for the other. */
export function titleOf(practice: boolean, headline: string): string {
  return `${practice ? 'PRACTICE' : 'REAL'}: ${headline}`;
}
