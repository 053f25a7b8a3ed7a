/**
 * Finds the plan with the highest gain that is still valid for a portfolio hash: READY, its account unchanged
 * since, made on prices no older than QUOTE_AGE_DAYS_MAX, and neither rejected, expired nor replaced where
 * its owner was asked. `found` is false when there is none; a plan whose hash is stale is never answered.
 */
import { planning } from '#shared/contract/planning.ts';
import { plansStillMeant } from '#shared/gateway/approval/stored-proposals.ts';
import { bestValid } from '#shared/planning/model/search/best-plan.ts';
import { planMessage } from '#shared/planning/plan-message.ts';
import { StoredPlans } from '#shared/planning/stored-plans.ts';
import { currentPortfolioHash } from '#shared/trading/current-hash.ts';
import { handle } from '#shared/runtime/handle.ts';

export default handle(planning.getBestResult, async ({ portfolioHash }, context) => {
  const plans = await new StoredPlans(context.database).ofHash(portfolioHash);
  const today = context.marketData.today(context.now());
  // The hash covers the account, so all its plans are of the same one.
  const account = plans[0]?.accountId;
  const meant = account ? await plansStillMeant(context.database, account, plans) : [];
  const best = bestValid(meant, today, context.settings.quoteAgeDaysMax);
  const present = best && (await currentPortfolioHash(context, best.accountId));
  if (!best || present !== portfolioHash) return { found: false, plan: undefined };
  return { found: true, plan: planMessage(best) };
});
