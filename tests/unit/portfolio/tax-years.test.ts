import fc from 'fast-check';
import { Money } from '#shared/kernel/money.ts';
import type { Money as MoneyMessage } from '#protos/gen/common/common.ts';
import { taxYearMessages } from '#shared/gateway/overview/tax-years.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { defaultPolicy } from '#shared/portfolio/policy/default-policy.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { at, bookOf, EUR, euros, line, trade } from './lines.ts';

const { tax } = defaultPolicy(parseSettings({}));
const taxYears = (ledger: readonly LedgerEntry[]) => taxYearMessages(ledger, EUR, tax);
const sent = (amount: string) => euros(amount).toJSON();
const moneyOf = (money: MoneyMessage | undefined) => Money.parse(money?.amount ?? '', EUR);

describe('what was realised by year', () => {
  it('is nothing without a ledger', () => {
    expect(taxYears([])).toEqual([]);
  });

  it('counts a sale in the year it happened, after its charges, against the lots it took', () => {
    const ledger = [
      line('deposit', '10000.00', { happenedAt: at('2023-01-02') }),
      trade('buy', '10', '100', '-1002.00', { on: '2023-03-01' }),
      trade('buy', '10', '120', '-1202.00', { on: '2023-06-01' }),
      trade('sell', '15', '150', '2245.00', { on: '2024-02-01' }),
    ];
    const [last, ...earlier] = taxYears(ledger);
    expect(earlier).toEqual([]);
    expect(last).toMatchObject({
      year: 2024,
      proceeds: sent('2245.00'),
      cost: sent('1603.00'),
      realisedGain: sent('642.00'),
      sales: 1,
      salesOfUnknownCost: 0,
    });
  });

  it('adds dividends, interest, withheld tax and fees to their years', () => {
    const on = (day: string) => ({ happenedAt: at(day) });
    const [year] = taxYears([
      line('dividend', '40.00', { isin: ALPHA, symbol: 'ALPHA', ...on('2024-03-01') }),
      line('tax', '-10.00', { isin: ALPHA, symbol: 'ALPHA', ...on('2024-03-01') }),
      line('interest', '1.50', on('2024-04-01')),
      line('fee', '-3.00', on('2024-05-01')),
    ]);
    expect(year).toMatchObject({
      dividends: sent('40.00'),
      interest: sent('1.50'),
      taxWithheld: sent('10.00'),
      fees: sent('3.00'),
    });
  });

  it('names sales of shares whose cost nobody knows', () => {
    const came = trade('transfer-in', '5', '1', '0.00', { on: '2024-01-03' });
    const { price: _price, exchangeRate: _rate, ...unpriced } = came;
    const [year] = taxYears([unpriced, trade('sell', '2', '10', '20.00', { on: '2024-05-01' })]);
    expect(year).toMatchObject({ salesOfUnknownCost: 1, realisedGain: sent('20.00') });
  });

  it('adds up to the gains of the book, over all years', () => {
    const steps = fc.array(
      fc.record({
        isin: fc.constantFrom(ALPHA, BETA),
        isSale: fc.boolean(),
        shares: fc.integer({ min: 1, max: 20 }),
        cents: fc.integer({ min: 100, max: 50_000 }),
        year: fc.integer({ min: 2019, max: 2026 }),
      }),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(steps, (all) => {
        const held = new Map<string, number>();
        const ledger = all
          .toSorted((a, b) => a.year - b.year)
          .flatMap(({ isin, isSale, shares, cents, year }) => {
            const have = held.get(isin) ?? 0;
            if (isSale && have < shares) return [];
            held.set(isin, have + (isSale ? -shares : shares));
            const cash = `${isSale ? '' : '-'}${(cents / 100).toFixed(2)}`;
            const on = `${year}-06-01`;
            return [trade(isSale ? 'sell' : 'buy', String(shares), '1', cash, { isin, on })];
          });
        const realised = taxYears(ledger).map((year) => moneyOf(year.realisedGain));
        const inBook = [...bookOf(...ledger).holdings.values()].map((one) => one.realized);
        expect(Money.sum(realised, EUR)).toEqual(Money.sum(inBook, EUR));
      }),
      { seed: 7 },
    );
  });
});
