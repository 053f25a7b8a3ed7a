import { parseDay } from '#shared/kernel/calendar-day.ts';
import { orderCost } from '#shared/kernel/costs.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { unitRate } from '#shared/kernel/exchange-rate.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { seededRandom } from '#shared/kernel/random.ts';
import type {
  TargetInstrument,
  TargetProblem,
} from '#shared/planning/model/search/target-problem.ts';
import { planToTarget } from '#shared/planning/model/search/to-target.ts';
import type { TaxLot, TaxYear } from '#shared/planning/model/taxes/sale-tax.ts';

const EUR = parseCurrency('EUR');
const DAY = parseDay('2025-06-11');
const ISINS = ['US0378331005', 'US5949181045', 'DE0007164600'].map(parseIsin);

function instrument(i: number, own: Partial<TargetInstrument>): TargetInstrument {
  return {
    isin: ISINS[i] as TargetInstrument['isin'],
    symbol: `S${i}`,
    lot: Decimal.one,
    price: Price.parse('100', 'EUR'),
    rate: unitRate(EUR, DAY),
    held: Decimal.zero,
    target: 0,
    buys: true,
    sells: true,
    ...own,
  };
}

function problem(instruments: readonly TargetInstrument[], cash: string): TargetProblem {
  return {
    base: EUR,
    day: DAY,
    cash: Money.parse(cash, 'EUR'),
    instruments,
    live: new Set(),
    limits: {
      costs: {
        feeFixed: Decimal.of(2),
        feeRatio: 0.002,
        exchangeFeeRatio: 0,
        halfSpreadRatio: 0,
        sellTaxRatio: 0,
      },
      depth: 4,
      marginRatio: 0,
      minimumOrder: Money.zero(EUR),
      cashReserveRatio: 0,
      orderMaxRatio: 1,
    },
  };
}

const orders = (of: TargetProblem): string[] =>
  planToTarget(of).actions.map(({ side, symbol, quantity }) => `${side} ${quantity} ${symbol}`);

describe('a plan to stated weights', () => {
  it('buys the most whole lots that amount and cost leave room for', () => {
    // 4 x 100 + 2 + 0.80 = 402.80 of 500; a fifth would take 503.
    expect(orders(problem([instrument(0, { target: 0.5 })], '1000'))).toEqual(['BUY 4 S0']);
  });

  it('buys fractions that the check before sending finds payable to the cent', () => {
    const lot = Decimal.parse('0.000000001');
    for (let i = 0; i < 50; i += 1) {
      const price = Price.parse((90 + i * 0.3717).toFixed(4), 'EUR');
      const of = problem([instrument(0, { target: 1, lot, price })], '1000');
      const [action] = planToTarget(of).actions;
      if (!action) throw new Error('there is a purchase');
      const value = price.times(action.quantity, 'up');
      const needed = value.add(orderCost(of.limits.costs, 'BUY', value).total);
      expect(needed.compare(of.cash)).toBeLessThanOrEqual(0);
      expect(of.cash.subtract(needed).toEstimate()).toBeLessThan(0.02);
    }
  });

  it('sells the fewest whole lots that bring the amount after cost, and all of what has no weight', () => {
    const held = { held: Decimal.of(10) };
    const of = problem([instrument(0, { ...held, target: 0.25 }), instrument(1, held)], '0');
    // 2000 in all; 500 stay of S0, so that 500 are to come: 6 lots, since 5 bring 497.
    expect(orders(of)).toEqual(['SELL 6 S0', 'SELL 10 S1']);
  });

  it('leaves out the sales below the smallest order, and no other', () => {
    const random = seededRandom('smallest-order');
    const cent = Money.parse('0.01', 'EUR');
    let [compared, near] = [0, 0];
    for (let round = 0; round < 300; round += 1) {
      const lot = Decimal.of(['1', '0.001', '0.000000001'][round % 3] ?? '1');
      const all = ISINS.map((_, i) => {
        const price = Price.parse((1 + random() * 300).toFixed(4), 'EUR');
        return instrument(i, {
          lot,
          price,
          target: random() / 3,
          held: Decimal.of(5 + (round % 9)),
        });
      });
      const of = problem(all, '100');
      const sales = ({ minimum }: { minimum: Money }) =>
        planToTarget({ ...of, limits: { ...of.limits, minimumOrder: minimum } }).actions.filter(
          ({ side }) => side === 'SELL',
        );
      const every = sales({ minimum: Money.zero(EUR) });
      const least = every[round % Math.max(1, every.length)]?.value ?? cent;
      for (const minimum of [least, least.add(cent), least.add(Money.parse('30', 'EUR'))]) {
        const large = every.filter(({ value }) => value.compare(minimum) >= 0);
        const found = sales({ minimum }).map(({ symbol, quantity }) => `${quantity} ${symbol}`);
        expect(found).toEqual(large.map(({ symbol, quantity }) => `${quantity} ${symbol}`));
        compared += large.length;
        near += every.length - large.length;
      }
    }
    expect(compared).toBeGreaterThan(100);
    expect(near).toBeGreaterThan(100);
  });

  it('sells first, and spends no more than there is', () => {
    const random = seededRandom('to-target');
    for (let round = 0; round < 200; round += 1) {
      const raw = ISINS.map(() => random());
      const sum = raw.reduce((a, b) => a + b, 0);
      const of = problem(
        raw.map((weight, i) =>
          instrument(i, {
            target: weight / sum,
            held: Decimal.of(Math.floor(random() * 30)),
            price: Price.fromEstimate(5 + 200 * random(), EUR),
          }),
        ),
        (3000 * random()).toFixed(2),
      );
      const plan = planToTarget(of);
      const sides = plan.actions.map(({ side }) => side);
      expect([...sides].sort().reverse()).toEqual(sides);
      expect(plan.cashAfter.sign).toBeGreaterThanOrEqual(0);
      for (const { weightAfter, isin, side } of plan.actions) {
        const target = of.instruments.find((one) => one.isin === isin)?.target ?? 0;
        if (side === 'BUY') expect(weightAfter).toBeLessThanOrEqual(target + 1e-9);
      }
    }
  });

  it('skips untradable securities, those with an open order, and orders below the minimum', () => {
    const [frozen, live, small] = [
      instrument(0, { target: 0.4, buys: false, sells: false }),
      instrument(1, { target: 0.4 }),
      instrument(2, { target: 0.15 }),
    ];
    const of = { ...problem([frozen, live, small], '1000'), live: new Set([live.isin]) };
    expect(orders(of)).toEqual(['BUY 1 S2']);
    const limits = { ...of.limits, minimumOrder: Money.parse('250', 'EUR') };
    expect(orders({ ...of, limits })).toEqual([]);
  });

  it('sizes fractions of a share in few steps', () => {
    const fraction = { lot: Decimal.parse('0.000000001'), target: 0.5 };
    const of = problem(
      [instrument(0, { ...fraction, price: Price.parse('33.33', 'EUR') })],
      '1000',
    );
    const [order] = planToTarget(of).actions;
    expect(Number(order?.quantity.toString())).toBeCloseTo((500 - 2) / 1.002 / 33.33, 3);
    const held = { ...fraction, held: Decimal.of(40), target: 0.25 };
    const sale = planToTarget(problem([instrument(0, held)], '0')).actions[0];
    expect(Number(sale?.quantity.toString())).toBeCloseTo((3000 + 2) / 0.998 / 100, 3);
  });

  it('keeps the reserve, a share or an amount, whichever is more', () => {
    const of = problem([instrument(0, { target: 1 })], '1000');
    const limits = { ...of.limits, cashReserveRatio: 0.2 };
    expect(orders({ ...of, limits })).toEqual(['BUY 7 S0']);
    const amount = { ...limits, cashReserveAmount: Money.parse('550', 'EUR') };
    expect(orders({ ...of, limits: amount })).toEqual(['BUY 4 S0']);
    const less = { ...limits, cashReserveAmount: Money.parse('100', 'EUR') };
    expect(orders({ ...of, limits: less })).toEqual(['BUY 7 S0']);
  });

  it('sells no more than an order may, and says what keeps a security from its weight', () => {
    const held = { held: Decimal.parse('10.5'), sellMost: Decimal.of(10) };
    const closedBy = { rule: 'excluded', reason: 'The policy excludes it.' };
    const of = problem(
      [instrument(0, held), instrument(1, { target: 0.5, buys: false, closedBy })],
      '1000',
    );
    const plan = planToTarget(of);
    expect(plan.actions.map(({ quantity }) => quantity.toString())).toEqual(['10']);
    expect(plan.notTaken).toEqual([{ isin: ISINS[1], symbol: 'S1', ...closedBy }]);
  });
});

describe('the tax of sales', () => {
  const zero = Money.zero(EUR);
  const taxYear = (allowance: string): TaxYear => ({
    day: DAY,
    figures: {
      ...{ gains: [], losses: zero, carriedIn: zero },
      ...{ earned: zero, withheld: zero },
    },
    rules: {
      ...{ dividendRatio: 0, allowance, washSaleDays: 0 },
      ...{ lossesOffsetGains: true, lossesCarriedForward: true },
    },
    realised: [],
    ledger: [],
  });
  const lot = (lotId: string, quantity: number, cost: string, on: string) => ({
    ...{ lotId, quantity: Decimal.of(quantity), cost: Money.parse(cost, 'EUR'), gainRatio: 0.25 },
    acquiredOn: parseDay(on),
  });
  const old = lot('old', 60, '3000.00', '2024-01-05');
  const dear = lot('dear', 40, '4400.00', '2024-06-05');
  const plan = (taxLots: readonly TaxLot[], allowance = '0', specificLots?: 'named' | 'oldest') => {
    const of = problem(
      [
        instrument(0, { held: Decimal.of(100), target: 0.5, taxLots }),
        instrument(1, { target: 0.5 }),
      ],
      '0.00',
    );
    const limits = { ...of.limits, specificLots };
    return planToTarget({ ...of, limits, taxYear: taxYear(allowance) });
  };

  it('is part of their cost, and stays in cash', () => {
    const { actions, cost, cashAfter, summary } = plan([old, dear]);
    // 51 bring 5,087.80; they cost 2,550.00: 25 % of 2,537.80. 44 are bought of the 4,453.35 that are free.
    expect(actions.map(({ side, quantity, cost: of }) => `${side} ${quantity} ${of}`)).toEqual([
      'SELL 51 EUR 646.65',
      'BUY 44 EUR 10.80',
    ]);
    expect([cost, cashAfter].map(String)).toEqual(['EUR 657.45', 'EUR 42.55']);
    expect(actions[0]?.taxed?.tax.toString()).toBe('EUR 634.45');
    expect(actions[0]?.reason).toBe(
      'Sell for EUR 5100.00: weight 100.0 % to 49.0 %, stated 50.0 %; costs EUR 646.65, of which EUR 634.45 is tax on a gain of EUR 2537.80.',
    );
    expect(summary).toBe(
      "2 orders to the stated weights, costing EUR 657.45. The sales realise a gain of EUR 2537.80: this year's tax rises by EUR 634.45.",
    );
  });

  it('is less by the allowance', () => {
    expect(plan([old, dear], '1000').actions[0]?.taxed?.tax.toString()).toBe('EUR 384.45');
  });

  it('is said with the lots that it was counted with, under specific lots', () => {
    const named = plan([dear, old], '0', 'named').actions[0];
    expect(named?.taxed?.tax.toString()).toBe('EUR 34.45');
    expect(named?.reason).toMatch(
      / The tax is counted with the lots that cost the least: 40 bought on 2024-06-05, 11 bought on 2024-01-05\. Name them to the broker/,
    );
    expect(plan([old, dear], '0', 'oldest').actions[0]?.reason).toMatch(
      / The tax is counted with the oldest lots, as the broker does not report others: 51 bought on 2024-01-05\.$/,
    );
  });
});
