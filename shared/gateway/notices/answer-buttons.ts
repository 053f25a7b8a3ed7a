/** Buttons by which a message answers a plan: only of plans worth at most NOTICE_APPROVE_MAX. */
import type { AnswerButtons } from '#shared/clients/notices/notice-channel.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { DEFAULT_ACCOUNT, type PlanId } from '#shared/kernel/identifiers.ts';
import { Failure } from '#shared/kernel/failure.ts';
import type { ChannelName } from '#shared/process/notice-kinds.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import type { Context } from '#shared/runtime/context.ts';

/** @returns undefined where the plan may not be answered by a message, or is answered already */
export async function answerButtons(
  context: Context,
  planId: string,
  recipient: ChannelName,
): Promise<AnswerButtons | undefined> {
  if (!(await mayAnswer(context, planId))) return undefined;
  const request = { accountId: DEFAULT_ACCOUNT, planId, recipient };
  try {
    const made = await context.functions.call(
      gateway.createAnswerTokens,
      request,
      context.callOptions(),
    );
    const { approveToken, rejectToken } = made;
    return { address: answerAddress(context), approveToken, rejectToken };
  } catch (thrown) {
    if (Failure.from(thrown).code === 'REFUSED') return undefined;
    throw thrown;
  }
}

async function mayAnswer({ settings, database }: Context, planId: string): Promise<boolean> {
  const { noticeApproveMax: most } = settings;
  if (most <= 0) return false;
  const plan = await new StoredPlans(database).find(planId as PlanId);
  if (!plan) return false;
  const worth = plan.actions.reduce((sum, { value }) => sum + value.toEstimate(), 0);
  return worth <= most;
}

/** The gateway is where the page is. */
function answerAddress({ settings: { noticePage } }: Context): string {
  return noticePage === undefined
    ? ''
    : new URL(`/function/${gateway.answerProposal.name}`, noticePage).href;
}
