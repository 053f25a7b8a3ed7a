/** Rows of the optimization service: target weights, and the way there. */
import type { z } from 'zod';
import type { OptimizationServiceService } from '#protos/gen/optimization.ts';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import { objectives } from '#shared/kernel/objective.ts';
import {
  account,
  bool,
  double,
  enumeration,
  int32,
  isin,
  list,
  map,
  moneyNotNegative,
  optionalDouble,
  position,
  positiveQuantity,
  price,
  request,
  requiredEnumeration,
  symbol,
  text,
} from './fields.ts';
import { contract, usual } from './row.ts';

const ratio = { min: 0, max: 1 };

const allocation = atFirstUse(() =>
  request({
    isin,
    symbol,
    targetWeight: double(ratio),
    minWeight: double(ratio),
    maxWeight: double(ratio),
  }),
);

const constraints = atFirstUse(() =>
  request({
    maxPositions: int32({ min: 0 }),
    minPositionSize: moneyNotNegative,
    maxPositionSize: moneyNotNegative,
    maxTurnoverPct: double({ min: 0, max: 200 }),
    allowFractional: bool,
  }),
);

const order = atFirstUse(() =>
  request({
    isin,
    symbol,
    side: requiredEnumeration(['TRADE_SIDE_UNSPECIFIED', 'BUY', 'SELL']),
    quantity: positiveQuantity,
    limitPrice: price,
  }),
);

export const optimization = contract<typeof OptimizationServiceService>()('optimization', {
  optimizeAllocation: {
    ...usual.read,
    fails: ['REFUSED'],
    timeoutMs: 120_000,
    weight: 'heavy',
    summary: 'Finds target weights by a stated objective within stated constraints.',
    get request() {
      return request({
        portfolioHash: text(64),
        currentPositions: list(position()),
        targetAllocations: list(allocation()),
        availableCash: moneyNotNegative,
        constraints: constraints()
          .nullish()
          .transform(
            (value: z.output<ReturnType<typeof constraints>> | null | undefined) =>
              value ?? undefined,
          ),
        objective: enumeration(['OBJECTIVE_UNSPECIFIED', ...objectives]),
        riskAversion: double({ min: 0, max: 1000 }),
        targetReturnRatio: double({ min: -1, max: 10 }),
        targetVolatilityRatio: double({ min: 0, max: 10 }),
        sectorLimits: map(double(ratio)),
        countryLimits: map(double(ratio)),
        cashReserveRatio: optionalDouble(ratio),
        accountId: account,
      });
    },
  },
  optimizeExecution: {
    ...usual.read,
    fails: ['REFUSED'],
    summary: 'Slices large orders over time by participation of average volume.',
    get request() {
      return request({
        portfolioHash: text(64),
        orders: list(order()),
        availableCash: moneyNotNegative,
        accountId: account,
      });
    },
  },
  calculateRebalancing: {
    ...usual.read,
    fails: ['REFUSED'],
    summary: 'Says whether the drift from the targets has left the band, and the way back inside.',
    get request() {
      return request({
        portfolioHash: text(64),
        currentPositions: list(position()),
        targetAllocations: list(allocation()),
        availableCash: moneyNotNegative,
        accountId: account,
      });
    },
  },
});
