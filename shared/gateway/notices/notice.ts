/** What a person is told of: found in the overview and the conditions, each under a key of its own. */
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import type { NoticeKind } from '#shared/process/notice-kinds.ts';
import type { Changed } from '../model/conditions.ts';
import type { Proposal } from '../model/proposal.ts';
import { accountNotices } from './account-notices.ts';
import { conditionNotices, type KnownCondition } from './condition-notices.ts';
import { letter } from './letter.ts';
import { planNotices } from './plan-notices.ts';

export interface Notice {
  /** The same event has the same key, so that it is told once. */
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

/** Titles begin with PRACTICE or REAL, so that nobody takes one for the other. */
export function noticesOf(inputs: NoticeInputs): Notice[] {
  const found = [
    ...planNotices(inputs),
    ...accountNotices(inputs),
    ...conditionNotices(inputs),
    ...letter(inputs),
  ];
  const practice = inputs.overview.trading?.practice !== false;
  return found.map(({ headline, ...one }) => ({ ...one, title: titleOf(practice, headline) }));
}

export function titleOf(practice: boolean, headline: string): string {
  return `${practice ? 'PRACTICE' : 'REAL'}: ${headline}`;
}
