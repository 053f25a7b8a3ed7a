/** Storage format of a plan, with strict decoding. */
import * as z from 'zod';
import type { AccountId, PlanId, PortfolioHash } from '#shared/kernel/identifiers.ts';
import {
  storedCurrency,
  storedDay,
  storedDecimal,
  storedId,
  storedInstant,
  storedIsin,
  storedMoney,
  storedPrice,
} from '#shared/redis/codec.ts';
import type { Plan } from './model/plan.ts';
import { planStatuses } from './model/plan-status.ts';

const side = z.enum(['BUY', 'SELL']);

const action = z.strictObject({
  side,
  isin: storedIsin,
  symbol: z.string(),
  quantity: storedDecimal,
  price: storedPrice,
  value: storedMoney,
  cost: storedMoney,
  weightBefore: z.number(),
  weightAfter: z.number(),
  priority: z.number().int(),
  reason: z.string(),
  taxed: z.strictObject({ gain: storedMoney, tax: storedMoney, saved: storedMoney }).optional(),
});

const notTaken = z.strictObject({
  isin: storedIsin,
  symbol: z.string(),
  side: side.optional(),
  rule: z.string(),
  reason: z.string(),
});

const search = z.strictObject({
  method: z.enum(['exhaustive', 'anytime', 'to-target', 'changed']),
  sequencesEvaluated: z.number().int(),
  depth: z.number().int(),
  coverageRatio: z.number(),
  utility: z.number(),
  utilityOfHolding: z.number(),
  margin: z.number(),
  utilityBound: z.number().optional(),
  gap: z.number().optional(),
  nodes: z.number().int().optional(),
});

export const planRecord: z.ZodType<Plan> = z.strictObject({
  id: storedId<PlanId>(),
  accountId: storedId<AccountId>(),
  portfolioHash: storedId<PortfolioHash>(),
  status: z.enum(planStatuses),
  createdAt: storedInstant,
  validUntil: storedInstant.optional(),
  pricedOn: storedDay,
  policyVersion: z.int().optional(),
  limitPrices: z
    .array(
      z.strictObject({
        limit: z.string(),
        costRatio: z.number(),
        perPointRatio: z.number(),
        cost: storedMoney,
      }),
    )
    .readonly()
    .optional(),
  rates: z
    .array(
      z.strictObject({
        ...{ from: storedCurrency, to: storedCurrency },
        ...{ rate: storedDecimal, day: storedDay },
      }),
    )
    .readonly()
    .optional(),
  targets: z.record(z.string(), z.number()).optional(),
  warnings: z.array(z.string()).readonly().optional(),
  changedFrom: storedId<PlanId>().optional(),
  actions: z.array(action).readonly(),
  notTaken: z.array(notTaken).readonly(),
  search,
  gain: z.number(),
  cost: storedMoney,
  expectedValue: storedMoney,
  portfolioValue: storedMoney,
  cashBefore: storedMoney,
  cashAfter: storedMoney,
  summary: z.string(),
});
