/**
 * Makes a past plan again from what it saw (prices, rates, scores, policy, account, settings, target weights), and
 * compares it with the one that was stored. `same` means: the same bytes. An input that is not kept any more, or not as
 * it was, is named in `input_gone`. Nothing of the present state is used, and nothing is stored.
 *
 * Without a plan's id it is the last plan of the day (UTC) for the account; an id or a day is needed. `found` is false
 * where nothing is kept (PLAN_INPUT_DAYS).
 *
 * @throws Failure INVALID_REQUEST without a plan and a day; NOT_FOUND for an account that is not open
 */
import { planning } from '#shared/contract/planning.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { InputStore } from '#shared/planning/inputs/input-store.ts';
import { planIdText, plansOfDay } from '#shared/planning/inputs/plans-of-day.ts';
import type { replanned } from '#shared/planning/inputs/replanned.ts';
import { nothingKept } from '#shared/planning/inputs/nothing-kept.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(planning.replan, async ({ planId, day, accountId }, context) => {
  if (planId === '' && day === undefined)
    throw invalidRequest({ field: 'day', message: 'a day, or planId, is needed' });
  await new Accounts(context.database, context.baseCurrency).require(accountId);
  const store = new InputStore(context.database);
  const plans =
    planId === '' && day !== undefined
      ? await plansOfDay(context.database, store, day, accountId)
      : [planIdText(planId)];
  const last = plans.at(-1);
  const answer = last && (await madeAgain(store, last, context));
  return {
    ...(answer || nothingKept),
    ...{ found: Boolean(answer), planId: last ?? '', buildNow: context.build },
    otherPlanIds: plans.slice(0, -1),
  };
});

/** What plans and optimizes is loaded only where there is a plan to be made again. */
async function madeAgain(...asked: Parameters<typeof replanned>) {
  const { replanned } = await import('#shared/planning/inputs/replanned.ts');
  return replanned(...asked);
}
