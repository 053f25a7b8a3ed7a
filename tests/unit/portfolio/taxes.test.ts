import fc from 'fast-check';
import { Money } from '#shared/kernel/money.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import type { LotMethod } from '#shared/portfolio/model/lots.ts';
import type { PolicyTax } from '#shared/portfolio/model/policy/policy.ts';
import { realisedLots } from '#shared/portfolio/model/tax/realised-lots.ts';
import { taxReport } from '#shared/portfolio/model/tax/tax-report.ts';
import { taxWarnings } from '#shared/portfolio/model/tax/tax-warnings.ts';
import { defaultPolicy } from '#shared/portfolio/policy/default-policy.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { at, bookOf, day, EUR, euros, line, trade } from './lines.ts';

const plain = defaultPolicy(parseSettings({})).tax;
const rules = (changes: Partial<PolicyTax> = {}): PolicyTax => ({ ...plain, ...changes });
const sold = (method: LotMethod, ...entry: Parameters<typeof trade>): LedgerEntry => ({
  ...trade(...entry),
  lotMethod: method,
});

describe('realised lots', () => {
  const bought = [
    trade('buy', '10', '100', '-1000.00', { on: '2023-03-01', id: 'old' }),
    trade('buy', '10', '130', '-1300.00', { on: '2023-06-01', id: 'dear' }),
    trade('buy', '10', '110', '-1100.00', { on: '2023-09-01', id: 'new' }),
  ];
  const rows = (method: LotMethod) =>
    realisedLots(
      [...bought, sold(method, 'sell', '15', '120', '1800.00', { on: '2024-02-01' })],
      EUR,
    ).map(({ lotId, quantity, proceeds, cost, gain, daysHeld }) => [
      ...[lotId, quantity.toString(), proceeds, cost, gain].map(String),
      daysHeld,
    ]);

  it.each([
    [
      'fifo',
      [
        ['old', '10', 'EUR 1200.00', 'EUR 1000.00', 'EUR 200.00', 337],
        ['dear', '5', 'EUR 600.00', 'EUR 650.00', 'EUR -50.00', 245],
      ],
    ],
    [
      'lifo',
      [
        ['dear', '5', 'EUR 600.00', 'EUR 650.00', 'EUR -50.00', 245],
        ['new', '10', 'EUR 1200.00', 'EUR 1100.00', 'EUR 100.00', 153],
      ],
    ],
    [
      'hifo',
      [
        ['dear', '10', 'EUR 1200.00', 'EUR 1300.00', 'EUR -100.00', 245],
        ['new', '5', 'EUR 600.00', 'EUR 550.00', 'EUR 50.00', 153],
      ],
    ],
    [
      'average',
      [
        ['old', '10', 'EUR 1200.00', 'EUR 1133.33', 'EUR 66.67', 337],
        ['dear', '5', 'EUR 600.00', 'EUR 566.67', 'EUR 33.33', 245],
      ],
    ],
  ] as const)('are those that %s takes', (method, expected) => {
    expect(rows(method)).toEqual(expected);
  });

  it('sum to the realised gain of the book, whatever was bought and sold how', () => {
    const method = fc.constantFrom<LotMethod>('fifo', 'lifo', 'hifo', 'average');
    const step = fc.record({
      buys: fc.boolean(),
      quantity: fc.integer({ min: 1, max: 40 }),
      cents: fc.integer({ min: 1, max: 500_000 }),
      method,
      other: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const held = { a: 0, b: 0 };
        const ledger = steps.flatMap(({ buys, quantity, cents, method: how, other }, i) => {
          const key = other ? 'b' : 'a';
          if (!buys && held[key] < quantity) return [];
          held[key] += buys ? quantity : -quantity;
          const cash = (((buys ? -1 : 1) * cents) / 100).toFixed(2);
          const on = `2023-${String((i % 12) + 1).padStart(2, '0')}-01`;
          const isin = other ? BETA : ALPHA;
          return [sold(how, buys ? 'buy' : 'sell', String(quantity), '1', cash, { isin, on })];
        });
        const book = bookOf(...ledger);
        for (const isin of [ALPHA, BETA]) {
          const gains = realisedLots(ledger, EUR).filter((row) => row.isin === isin);
          const sum = Money.sum(
            gains.map(({ gain }) => gain),
            EUR,
          );
          expect(String(sum)).toBe(String(book.holdings.get(isin)?.realized ?? euros('0.00')));
        }
      }),
      { seed: 20_240_601, numRuns: 150 },
    );
  });
});

describe('a tax year', () => {
  const ledger = [
    trade('buy', '10', '100', '-1000.00', { on: '2022-01-10' }),
    trade('sell', '10', '80', '800.00', { on: '2022-06-01' }),
    trade('buy', '10', '100', '-1000.00', { on: '2022-07-01' }),
    trade('sell', '10', '150', '1500.00', { on: '2024-03-01' }),
    line('dividend', '100.00', { isin: ALPHA, symbol: 'ALPHA', happenedAt: at('2024-05-02') }),
    line('tax', '-15.00', { isin: ALPHA, symbol: 'ALPHA', happenedAt: at('2024-05-02') }),
  ];
  const year = (taxYear: number, changes: Partial<PolicyTax>) =>
    taxReport(ledger, EUR, rules(changes)).years.find((one) => one.taxYear === taxYear);

  it('carries losses forward, frees the allowance, and credits what was withheld', () => {
    const found = year(2024, { gainRatio: 0.25, dividendRatio: 0.25, allowance: '120' });
    expect(year(2022, {})?.carriedOut).toEqual(euros('200.00'));
    // 500 - 200 carried in - 120 free = 180, and 100 of dividends: 25 % of 280, less 15.
    expect(found).toMatchObject({
      ...{ gains: euros('500.00'), carriedIn: euros('200.00'), carriedOut: euros('0.00') },
      ...{ allowanceUsed: euros('120.00'), dividends: euros('100.00'), tax: euros('55.00') },
    });
  });

  it.each([
    [{ gainRatio: 0.25, lossesCarriedForward: false }, '110.00'],
    [{ gainRatio: 0.25, holdingPeriods: [{ days: 365, gainRatio: 0.1 }] }, '15.00'],
    [{ gainRatio: 0.25, holdingPeriods: [{ days: 610, gainRatio: 0 }] }, '60.00'],
    [{ gainRatio: 0.25, holdingPeriods: [{ days: 600, gainRatio: 0 }] }, '0.00'],
    [{ gainRatio: 0, dividendRatio: 0.1 }, '0.00'],
  ])('follows the rules %j', (changes, tax) => {
    expect(String(year(2024, changes)?.tax)).toBe(`EUR ${tax}`);
  });

  it('begins on the day the rules say', () => {
    expect(
      taxReport(ledger, EUR, rules({ yearStartsOn: '04-06' })).lots.map((one) => one.taxYear),
    ).toEqual([2022, 2023]);
    expect(
      taxReport(ledger, EUR, rules({ yearStartsOn: '03-01' })).lots.map((one) => one.taxYear),
    ).toEqual([2022, 2024]);
  });

  it('offsets losses of the highest rate first', () => {
    const two = [
      trade('buy', '10', '100', '-1000.00', { on: '2020-01-10' }),
      trade('buy', '10', '100', '-1000.00', { on: '2024-01-10', isin: BETA }),
      trade('sell', '10', '110', '1100.00', { on: '2024-02-01' }),
      trade('sell', '4', '110', '440.00', { on: '2024-02-01', isin: BETA }),
      trade('sell', '6', '90', '550.00', { on: '2024-02-02', isin: BETA }),
    ];
    const tax = rules({ gainRatio: 0.4, holdingPeriods: [{ days: 365, gainRatio: 0.1 }] });
    // Gains of 40 at 40 % and 100 at 10 %, a loss of 50: 90 are left at 10 %.
    expect(taxReport(two, EUR, tax).years[0]?.tax).toEqual(euros('9.00'));
  });
});

describe('a loss', () => {
  const around = (again: string, shares = '10') => [
    trade('buy', '10', '100', '-1000.00', { on: '2024-01-10', id: 'sold' }),
    trade('sell', '10', '80', '800.00', { on: '2024-06-01' }),
    trade('buy', shares, '80', '-1.00', { on: again }),
  ];
  it.each([
    ['2024-06-20', '10', '200.00'],
    ['2024-06-20', '4', '80.00'],
    ['2024-06-20', '30', '200.00'],
    ['2024-07-02', '10', '0.00'],
  ])('bought again on %s with %s shares does not count by EUR %s', (again, shares, amount) => {
    const { lots, years } = taxReport(around(again, shares), EUR, rules({ washSaleDays: 30 }));
    expect(String(lots[0]?.disallowed)).toBe(`EUR ${amount}`);
    expect(years[0]?.losses).toEqual(euros((200 - Number(amount)).toFixed(2)));
  });

  it('counts in full where there is no such rule', () => {
    expect(taxReport(around('2024-06-02'), EUR, rules()).years[0]?.disallowed).toEqual(
      euros('0.00'),
    );
  });

  it('is warned of until it may be bought again', () => {
    const ledger = around('2023-01-01').slice(0, 2);
    const tax = rules({ washSaleDays: 30 });
    const warned = (on: string) =>
      taxWarnings(bookOf(...ledger), ledger, realisedLots(ledger, EUR), tax, day(on)).map(
        ({ text }) => text,
      );
    expect(warned('2024-06-15')).toEqual([
      'ALPHA was sold at a loss; bought again until 2024-07-01, the loss does not count.',
    ]);
    expect(warned('2024-07-02')).toEqual([]);
  });
});

it('warns of shares that are soon cheaper to sell', () => {
  const ledger = [trade('buy', '10', '100', '-1000.00', { on: '2024-01-10' })];
  const tax = rules({ gainRatio: 0.25, holdingPeriods: [{ days: 365, gainRatio: 0.1 }] });
  const warned = (on: string) =>
    taxWarnings(bookOf(...ledger), ledger, [], tax, day(on)).map(({ text }) => text);
  expect(warned('2024-12-01')).toEqual([
    'ALPHA: the gain of 10 shares is taxed at 10.0 % from 2025-01-09 on.',
  ]);
  expect([warned('2024-05-01'), warned('2025-02-01')]).toEqual([[], []]);
});

it('warns of shares bought lately, whose older ones should not be sold at a loss', () => {
  const ledger = [trade('buy', '10', '100', '-1000.00', { on: '2024-05-10' })];
  const warned = (on: string) =>
    taxWarnings(bookOf(...ledger), ledger, [], rules({ washSaleDays: 30 }), day(on));
  expect(warned('2024-06-09')).toMatchObject([{ isin: ALPHA, side: 'SELL' }]);
  expect(warned('2024-06-10')).toEqual([]);
});
