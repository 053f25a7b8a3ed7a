/** What is left of a plan keeps every limit, or is refused with the limit that it breaks. */
import { present } from '#shared/kernel/assert.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import type { AccountId, PlanId, PortfolioHash } from '#shared/kernel/identifiers.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import { buildPlan } from '#shared/planning/model/build-plan.ts';
import { changedPlan } from '#shared/planning/model/changed-plan.ts';
import { decide } from '#shared/planning/model/decision.ts';
import type { Plan, PlanContent } from '#shared/planning/model/plan.ts';
import type { PlanningProblem } from '#shared/planning/model/problem.ts';
import { cashReserve } from '#shared/planning/model/settlement.ts';
import { drawnProblem, instrument, testIsin } from './problems.ts';

function planned(problem: PlanningProblem): Plan {
  const deciding = decide(problem);
  let next = deciding.next();
  while (!next.done) next = deciding.next();
  return {
    ...buildPlan(problem, next.value),
    id: 'plan-1' as PlanId,
    accountId: 'default' as AccountId,
    portfolioHash: 'hash' as PortfolioHash,
    status: 'READY',
    createdAt: 0 as Instant,
    pricedOn: problem.day,
  };
}

/** A refusal by a limit is undefined; every other failure is one of the test. */
function unlessLimited(change: () => PlanContent): PlanContent | undefined {
  try {
    return change();
  } catch (thrown) {
    const { facts, message } = Failure.from(thrown);
    expect(['limit-broken', 'nothing-left']).toContain(facts['rule']);
    expect(message).not.toContain('undefined');
    return undefined;
  }
}

describe('a changed plan', () => {
  it.each([1, 2, 3, 4, 5, 6])('keeps every limit: drawn %d', (seed) => {
    const random = seededRandom(`changed-${seed}`);
    const problem = drawnProblem(`changed-${seed}`, {
      ...{ securities: 10, cash: '9000', heldRatio: 0.5 },
    });
    const plan = planned(problem);
    let kept = 0;
    for (let draw = 0; draw < 40; draw += 1) {
      const quantities = new Map(
        plan.actions
          .filter(() => random() < 0.5)
          .map(({ isin, quantity }) => {
            const { lot } = present(
              problem.instruments.find((one) => one.isin === isin),
              'it is traded',
            );
            const lots = integerBelow(random, quantity.divide(lot, 0, 'floor').toEstimate() + 1);
            return [
              isin,
              random() < 0.4 ? Decimal.zero : lot.multiply(Decimal.of(lots)).normalize(),
            ] as const;
          }),
      );
      const content = unlessLimited(() => changedPlan(problem, plan, quantities));
      if (!content) continue;
      kept += 1;
      expect(
        content.actions.map(({ isin, side, quantity }) => [isin, side, String(quantity)]),
      ).toEqual(
        plan.actions
          .map(({ isin, side, quantity }) => [isin, side, String(quantities.get(isin) ?? quantity)])
          .filter(([, , quantity]) => quantity !== '0'),
      );
      const { actions, cost, cashAfter } = content;
      expect(cost).toEqual(
        Money.sum(
          actions.map((one) => one.cost),
          problem.base,
        ),
      );
      expect(cashAfter.compare(cashReserve(problem))).toBeGreaterThanOrEqual(0);
      expect(actions.every(({ value }) => value.compare(problem.limits.minimumOrder) >= 0)).toBe(
        true,
      );
      expect(content.gain).toBeLessThanOrEqual(plan.gain + (plan.search.gap ?? 0) + 1e-9);
    }
    expect(kept).toBeGreaterThan(0);
  });

  it('is the plan itself where nothing is changed', () => {
    const problem = drawnProblem('same', { securities: 6, cash: '9000', heldRatio: 0.3 });
    const plan = planned(problem);
    const { actions, cost, cashAfter, gain } = changedPlan(problem, plan, new Map());
    expect({ actions, cost, cashAfter, gain }).toEqual({
      ...{ actions: plan.actions, cost: plan.cost, cashAfter: plan.cashAfter, gain: plan.gain },
    });
  });

  it('is refused where purchases lose the sale that pays for them', () => {
    const usual = drawnProblem('switch', { securities: 2, cash: '100', heldRatio: 0 });
    const problem: PlanningProblem = {
      ...usual,
      instruments: [
        instrument(0, { symbol: 'A', target: 0.6 }),
        instrument(1, { symbol: 'B', target: 0, held: Decimal.of(100) }),
      ],
      moments: { ...usual.moments, expected: Float64Array.from([0.2, -0.1]) },
      limits: { ...usual.limits, orderMaxRatio: 1, weightMaxRatio: 1 },
    };
    const plan = planned(problem);
    expect(plan.actions.map(({ side }) => side)).toEqual(['SELL', 'BUY']);
    const refusal = (() => {
      try {
        return String(changedPlan(problem, plan, new Map([[testIsin(1), Decimal.zero]])).summary);
      } catch (thrown) {
        return Failure.from(thrown).message;
      }
    })();
    expect(refusal).toMatch(/^The purchase of \d+ A would leave .*keep the sales.*cash-reserve/);
  });
});
