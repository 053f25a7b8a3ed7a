/** The tax that a plan states for its sales is what the tax report of the year rises by once they are booked. */
import { addDays, dayOf, daysBetween } from '#shared/kernel/calendar-day.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { lotGains, saleTaxes, type TaxYear } from '#shared/planning/model/taxes/sale-tax.ts';
import type { Book, LedgerEntry } from '#shared/portfolio/model/book.ts';
import { saleOrder, type LotMethod } from '#shared/portfolio/model/lots.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import { gainRatioOf } from '#shared/portfolio/model/tax/tax-rules.ts';
import { taxReport, yearSoFar } from '#shared/portfolio/model/tax/tax-report.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { bookOf, day, EUR, euros, line, trade } from '../portfolio/lines.ts';

const TODAY = day('2024-09-02');

function drawnRules(random: () => number): PolicyTax {
  const method = (['fifo', 'lifo', 'hifo'] as const)[Math.floor(3 * random())] ?? 'fifo';
  return {
    ...{ lotMethod: method, gainRatio: 0.25, dividendRatio: random() < 0.5 ? 0.25 : 0.15 },
    allowance: random() < 0.5 ? '0' : (2000 * random()).toFixed(2),
    yearStartsOn: random() < 0.3 ? '04-06' : '01-01',
    holdingPeriods: random() < 0.4 ? [{ days: 180, gainRatio: 0.1 }] : [],
    ...{ lossesOffsetGains: random() < 0.8, lossesCarriedForward: random() < 0.8 },
    washSaleDays: random() < 0.5 ? 30 : 0,
  };
}

/** Trades and income of two years; nothing is sold that is not held. */
function drawnLedger(random: () => number, lotMethod: LotMethod): LedgerEntry[] {
  const held = new Map<Isin, number>([
    [ALPHA, 0],
    [BETA, 0],
  ]);
  const lines = [line('deposit', '900000.00')];
  for (let on = day('2022-10-03'); on < TODAY; on = addDays(on, 3 + integerBelow(random, 40))) {
    const isin = random() < 0.5 ? ALPHA : BETA;
    const own = held.get(isin) ?? 0;
    const price = (60 + 80 * random()).toFixed(2);
    const kind = random() < 0.6 || own === 0 ? 'buy' : 'sell';
    const quantity = kind === 'buy' ? 1 + integerBelow(random, 30) : 1 + integerBelow(random, own);
    held.set(isin, own + (kind === 'buy' ? quantity : -quantity));
    const cash = (kind === 'buy' ? -1 : 1) * quantity * Number(price);
    const one = trade(kind, String(quantity), price, cash.toFixed(2), { isin, on });
    lines.push(kind === 'sell' ? { ...one, lotMethod } : one);
    const paid = { isin, symbol: 'ALPHA', happenedAt: one.happenedAt };
    if (random() < 0.2) lines.push(line('dividend', (90 * random()).toFixed(2), paid));
    if (random() < 0.1) lines.push(line('tax', `-${(9 * random()).toFixed(2)}`, paid));
  }
  return lines;
}

/** As a plan assembles it. */
function taxLotsOf(book: Book, isin: Isin, rules: PolicyTax) {
  const lots = saleOrder(book.holdings.get(isin)?.lots ?? [], rules.lotMethod);
  return lots.map(({ lotId, quantity, cost, acquiredAt }) => ({
    ...{ lotId, quantity, cost, acquiredOn: dayOf(acquiredAt) },
    gainRatio: gainRatioOf(rules, daysBetween(dayOf(acquiredAt), TODAY)),
  }));
}

test('the tax of a plan is the tax of its year once it is booked', () => {
  let compared = 0;
  for (let k = 0; k < 80; k += 1) {
    const random = seededRandom(`taxes as booked ${k}`);
    const rules = drawnRules(random);
    const ledger = drawnLedger(random, rules.lotMethod);
    const [book, report] = [bookOf(...ledger), taxReport(ledger, EUR, rules)];
    const since = addDays(TODAY, -3 * rules.washSaleDays);
    const year: TaxYear = {
      ...{ day: TODAY, rules, figures: yearSoFar(report, EUR, rules, TODAY) },
      realised: report.lots.filter(({ soldOn }) => soldOn >= since),
      ledger: ledger.filter((one) => one.kind === 'buy' && dayOf(one.happenedAt) >= since),
    };
    const sales = [ALPHA, BETA].flatMap((isin) => {
      const lots = taxLotsOf(book, isin, rules);
      const held = lots.reduce((sum, { quantity }) => sum + quantity.toEstimate(), 0);
      const quantity = Math.ceil(held * random());
      const price = (50 + 100 * random()).toFixed(2);
      const proceeds = (quantity * Number(price) - 2).toFixed(2);
      return quantity > 0 ? [{ isin, lots, quantity, price, proceeds }] : [];
    });
    const taxes = saleTaxes(
      year,
      sales.map(({ isin, lots, quantity, proceeds }) =>
        lotGains(isin, lots, Decimal.of(quantity), euros(proceeds), TODAY),
      ),
    );
    const booked = sales.map(({ isin, quantity, price, proceeds }): LedgerEntry => {
      const sale = trade('sell', String(quantity), price, proceeds, { isin, on: TODAY });
      return { ...sale, lotMethod: rules.lotMethod };
    });
    const taxBy = (lines: readonly LedgerEntry[]): Money =>
      Money.sum(
        taxReport(lines, EUR, rules).years.map(({ tax }) => tax),
        EUR,
      );
    const rise = taxBy([...ledger, ...booked])
      .subtract(taxBy(ledger))
      .toEstimate();
    const stated = taxes.map(({ tax, saved }) => tax.subtract(saved).toEstimate());
    const sum = stated.reduce((a, b) => a + b, 0);
    expect([k, rules, Math.abs(rise - sum) < 0.025, rise, sum]).toEqual([
      k,
      rules,
      true,
      rise,
      sum,
    ]);
    if (Math.abs(rise) > 1) compared += 1;
  }
  expect(compared).toBeGreaterThan(30);
});
