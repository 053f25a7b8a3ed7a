/** Rows of the planning service: which orders would improve the portfolio, against doing nothing. */
import type { PlanningServiceService } from '#protos/gen/planning.ts';
import {
  account,
  bool,
  double,
  int32,
  limit,
  list,
  map,
  moneyNotNegative,
  offset,
  optionalDay,
  position,
  request,
  requiredText,
  text,
  weights,
} from './fields.ts';
import { dayJson, oneOf, requiredLineJson } from './wire-json.ts';
import { contract, usual } from './row.ts';

/** Keys of CreatePlanRequest.constraints; each narrows a setting for this one plan. */
export const planConstraints = [
  'account',
  'cashReserveRatio',
  'depth',
  'frozen',
  'maxOrders',
  'maxTurnoverRatio',
  'minimumOrder',
  'noSells',
  'riskAversion',
  'sellOnly',
  'weightMaxRatio',
] as const;

export const planning = contract<typeof PlanningServiceService>()('planning', {
  createPlan: {
    summary: 'Finds the orders that improve the portfolio most after cost, or says to hold.',
    get request() {
      return request({
        portfolioHash: text(64),
        positions: list(position()),
        availableCash: moneyNotNegative,
        monthlyDeposit: moneyNotNegative,
        maxPositions: int32({ min: 0, max: 1000 }),
        targetAllocationPct: double({ min: 0, max: 100 }),
        constraints: map(text(4000), planConstraints),
        targetWeights: weights(),
        changedFrom: text(128),
        quantities: map(text(40)),
        dryRun: bool,
      });
    },
    streams: true,
    effect: 'writes',
    timeoutMs: 300_000,
    needs: ['redis', 'prices'],
    weight: 'heavy',
    queue: {
      concurrency: 1,
      attempts: 3,
      backoffMs: 1_000,
      joins: 'equal-request',
      caller: 'follows',
    },
  },
  getPlan: {
    ...usual.read,
    summary: 'Finds a plan by its id.',
    get request() {
      return request({ planId: requiredText(128) });
    },
  },
  listPlans: {
    ...usual.read,
    summary: 'Lists plans, newest first; of one portfolio hash where it is given.',
    get request() {
      return request({ portfolioHash: text(64), limit, offset });
    },
  },
  getBestResult: {
    ...usual.read,
    summary: 'Finds the best plan that is still valid for a portfolio hash.',
    get request() {
      return request({ portfolioHash: requiredText(64) });
    },
  },
  replan: {
    ...usual.read,
    fails: ['REFUSED'],
    summary: 'Makes a past plan again from what it saw, and says whether it is the same.',
    get request() {
      return oneOf(
        request({ planId: text(128), day: optionalDay, accountId: account }),
        { needs: { planId: requiredLineJson(128) } },
        { needs: { day: dayJson } },
      );
    },
    timeoutMs: 300_000,
    weight: 'heavy',
  },
});
