/** Plans in the wire format. */
import type { Plan as PlanMessage, PlanUpdate } from '#protos/gen/planning.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import { usedRates } from '#shared/portfolio/used-rates.ts';
import type { SearchProgress } from './model/search/plan-search.ts';
import type { NotTaken, Plan, PlannedAction } from './model/plan.ts';
import { basisPoints } from './model/formatting.ts';

export function planMessage(plan: Plan): PlanMessage {
  const { search } = plan;
  return {
    id: plan.id,
    portfolioHash: plan.portfolioHash,
    accountId: plan.accountId,
    status: plan.status,
    createdAt: toTimestamp(plan.createdAt),
    validUntil: plan.validUntil === undefined ? undefined : toTimestamp(plan.validUntil),
    actions: plan.actions.map(actionMessage),
    notTaken: plan.notTaken.map(notTakenMessage),
    score: plan.gain,
    expectedCost: plan.cost.toJSON(),
    expectedValue: plan.expectedValue.toJSON(),
    portfolioValue: plan.portfolioValue.toJSON(),
    cashBefore: plan.cashBefore.toJSON(),
    cashAfter: plan.cashAfter.toJSON(),
    summary: plan.summary,
    pricesEnd: plan.pricedOn,
    policyVersion: plan.policyVersion,
    limitPrices: (plan.limitPrices ?? []).map((one) => ({ ...one, cost: one.cost.toJSON() })),
    rates: usedRates(plan.rates ?? []),
    warnings: [...(plan.warnings ?? [])],
    changedFrom: plan.changedFrom ?? '',
    search: {
      ...search,
      sequencesEvaluated: String(search.sequencesEvaluated),
      nodes: search.nodes === undefined ? undefined : String(search.nodes),
    },
  };
}

function actionMessage(action: PlannedAction): PlanMessage['actions'][number] {
  return {
    side: action.side,
    symbol: action.symbol,
    isin: action.isin,
    quantity: action.quantity.toEstimate(),
    estimatedPrice: action.price.toJSON(),
    estimatedCost: action.cost.toJSON(),
    reason: action.reason,
    priority: action.priority,
    value: action.value.toJSON(),
    weightBeforeRatio: action.weightBefore,
    weightAfterRatio: action.weightAfter,
    realisedGain: action.taxed?.gain.toJSON(),
    tax: action.taxed?.tax.toJSON(),
    taxSaved: action.taxed?.saved.toJSON(),
  };
}

function notTakenMessage(one: NotTaken): PlanMessage['notTaken'][number] {
  const { isin, symbol, rule, reason } = one;
  return { isin, symbol, rule, reason, side: one.side ?? 'TRADE_SIDE_UNSPECIFIED' };
}

/** A progress message. */
export function stepMessage(plan: PlanId, percentage: number, sentence: string): PlanUpdate {
  return {
    planId: plan,
    progressPct: Math.round(percentage),
    currentStep: sentence,
    complete: false,
    plan: undefined,
    error: '',
  };
}

export function completeMessage(plan: Plan): PlanUpdate {
  return {
    planId: plan.id,
    progressPct: 100,
    currentStep: plan.summary,
    complete: true,
    plan: planMessage(plan),
    error: '',
  };
}

/** Yields the progress of a search, and returns its result. */
export function* withProgress<T>(
  plan: PlanId,
  search: Generator<SearchProgress, T>,
): Generator<PlanUpdate, T> {
  const [from, until] = [40, 90];
  for (let left = until - from; ; left *= 0.8) {
    const next = search.next();
    if (next.done) return next.value;
    const { evaluated, gain } = next.value;
    const found = `${evaluated} sequences evaluated, the best gains ${basisPoints(gain)} a year`;
    yield stepMessage(plan, until - left * 0.8, `Searching: ${found}.`);
  }
}
