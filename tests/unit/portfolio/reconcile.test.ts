import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Price } from '#shared/kernel/price.ts';
import { emptyBook, quantityHeld } from '#shared/portfolio/model/booking.ts';
import { positionChanges } from '#shared/portfolio/model/reconciliation/position-changes.ts';
import { reconcile, type Statement } from '#shared/portfolio/model/reconciliation/reconcile.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { at, bookOf, EUR, euros, line, trade } from './lines.ts';

const NOW = at('2024-01-09');
const empty = emptyBook(DEFAULT_ACCOUNT, EUR);
const noWorth = new Map();

function statement(overrides: Partial<Statement> = {}): Statement {
  return {
    currency: 'EUR',
    cash: euros('0.00'),
    holdings: [],
    fills: [],
    flows: [],
    takenAt: at('2024-01-08'),
    ...overrides,
  };
}

const holds = (quantity: number, isin: Isin = ALPHA) => ({
  isin,
  symbol: isin === ALPHA ? 'ALPHA' : 'BETA',
  quantity: Decimal.of(quantity),
});

function fill(id: string, side: 'BUY' | 'SELL', quantity: number, settlement: string, on: string) {
  return {
    fillId: id,
    isin: ALPHA,
    symbol: 'ALPHA',
    side,
    quantity: Decimal.of(quantity),
    price: Price.parse('10', 'EUR'),
    exchangeRate: Decimal.one,
    settlement: euros(settlement),
    executedAt: at(on),
  };
}

const deposit = {
  flowId: 'opening',
  kind: 'deposit',
  amount: euros('100.00'),
  happenedAt: at('2024-01-02'),
} as const;

describe('charges that come later', () => {
  const bought = { ...fill('f1', 'BUY', 3, '-30.50', '2024-01-03'), awaitsCharges: true };
  const before = statement({
    cash: euros('68.25'),
    holdings: [holds(3)],
    fills: [bought],
    flows: [deposit],
  });
  const first = reconcile(empty, before, noWorth, { recordedAt: NOW });

  it('are booked as such, and are no difference', () => {
    expect(first.externalBooked).toBe(0);
    expect(first.entries.at(-1)).toMatchObject({ kind: 'charges', cash: euros('-1.25') });
    expect(first.book.cash).toEqual(euros('68.25'));
    expect(reconcile(first.book, before, noWorth, { recordedAt: NOW }).entries).toEqual([]);
  });

  it('are reversed when the broker itemises them', () => {
    const fee = { flowId: 'fee', kind: 'fee', amount: euros('-1.25') } as const;
    const after = {
      ...before,
      fills: [{ ...bought, awaitsCharges: undefined }],
      flows: [deposit, { ...fee, happenedAt: at('2024-01-03') }],
    };
    const done = reconcile(first.book, after, noWorth, { recordedAt: NOW });
    expect(done.entries.map(({ kind, cash }) => `${kind} ${cash.toString()}`)).toEqual([
      'fee EUR -1.25',
      'charges EUR 1.25',
    ]);
    expect([done.externalBooked, done.book.awaitedCharges]).toEqual([0, undefined]);
    expect(done.book.cash).toEqual(euros('68.25'));
  });

  it('explain no more than charges may be, and nothing without such an execution', () => {
    const kinds = (change: Partial<Statement>) =>
      reconcile(empty, { ...before, ...change }, noWorth, { recordedAt: NOW }).entries.map(
        ({ kind }) => kind,
      );
    expect(kinds({ cash: euros('50.00') })).toEqual(['deposit', 'buy', 'external-cash']);
    expect(kinds({ cash: euros('70.00') })).toEqual(['deposit', 'buy', 'external-cash']);
    expect(kinds({ fills: [{ ...bought, awaitsCharges: undefined }] })).toEqual([
      'deposit',
      'buy',
      'external-cash',
    ]);
  });
});

describe('rounding by the broker', () => {
  const rounded = { ...fill('f1', 'BUY', 3, '-30.50', '2024-01-03'), isRounded: true };
  const booked = (cash: string, fills = [rounded]) => {
    const after = statement({ cash: euros(cash), holdings: [holds(3)], fills, flows: [deposit] });
    const { entries } = reconcile(empty, after, noWorth, { recordedAt: NOW });
    return entries.slice(2).map((line) => `${line.kind} ${line.cash.toString()}`);
  };

  it.each(['0.01', '-0.01'])('is a line of its own, of %s for an execution', (cents) => {
    expect(booked(euros('69.50').add(euros(cents)).amount.toString())).toEqual([
      `rounding EUR ${cents}`,
    ]);
  });

  it('explains no more, and nothing where the broker states what it settled', () => {
    expect(booked('69.52')).toEqual(['external-cash EUR 0.02']);
    expect(booked('69.51', [{ ...rounded, isRounded: false }])).toEqual(['external-cash EUR 0.01']);
  });
});

describe('reconciling', () => {
  const explained = statement({
    cash: euros('69.50'),
    holdings: [holds(3)],
    fills: [fill('f1', 'BUY', 3, '-30.50', '2024-01-03')],
    flows: [deposit],
  });

  it('books fills and flows by their ids, oldest first, and finds nothing external', () => {
    const done = reconcile(empty, explained, noWorth, { recordedAt: NOW });
    expect(done.entries.map((entry) => entry.id)).toEqual(['flow-opening', 'fill-f1']);
    expect([done.fillsBooked, done.flowsBooked, done.externalBooked]).toEqual([1, 1, 0]);
    expect(done.book.cash).toEqual(euros('69.50'));
    expect(done.book.syncedAt).toBe(NOW);
  });

  it('books nothing when it runs again', () => {
    const once = reconcile(empty, explained, noWorth, { recordedAt: NOW });
    const twice = reconcile(once.book, explained, noWorth, { recordedAt: NOW });
    expect(twice.entries).toEqual([]);
    expect(twice.book).toEqual(once.book);
  });

  it('books shares not traded here as external, at their value', () => {
    const worth = new Map([
      [BETA, { price: Price.parse('20', 'USD'), exchangeRate: Decimal.parse('0.9') }],
    ]);
    const stated = statement({ holdings: [holds(2, BETA)] });
    const done = reconcile(empty, stated, worth, { recordedAt: NOW });
    expect(done.entries).toEqual([expect.objectContaining({ kind: 'external-in', isin: BETA })]);
    expect(done.book.holdings.get(BETA)?.lots[0]?.cost).toEqual(euros('36.00'));
    expect(reconcile(done.book, stated, worth, { recordedAt: NOW }).entries).toEqual([]);
  });

  it('books missing shares and differing cash as external', () => {
    const before = bookOf(line('deposit', '100.00'), trade('buy', '5', '10', '-50.00'));
    const done = reconcile(
      before,
      statement({ cash: euros('48.99'), holdings: [holds(4)] }),
      noWorth,
      { recordedAt: NOW },
    );
    expect(
      done.entries.map(({ kind, cash, quantity }) => [kind, cash.toString(), quantity?.toString()]),
    ).toEqual([
      ['external-out', 'EUR 0.00', '1'],
      ['external-cash', 'EUR -1.01', undefined],
    ]);
    expect(done.book.cash).toEqual(euros('48.99'));
    expect(done.externalBooked).toBe(2);
  });

  it('gives the same difference of the same book the same id', () => {
    const stated = statement({ cash: euros('5.00'), holdings: [holds(2)] });
    const [one, two] = [1, 2].map(
      () => reconcile(empty, stated, noWorth, { recordedAt: NOW }).entries,
    );
    expect(one?.map((entry) => entry.id)).toEqual(two?.map((entry) => entry.id));
  });

  it('gives the same difference another id when it comes a second time', () => {
    const stated = statement({ holdings: [holds(1)] });
    const came = reconcile(empty, stated, noWorth, { recordedAt: NOW });
    const went = reconcile(came.book, statement(), noWorth, { recordedAt: NOW });
    const again = reconcile(went.book, stated, noWorth, { recordedAt: NOW });
    expect(quantityHeld(again.book, ALPHA).toString()).toBe('1');
  });

  it('books missing shares before a sale that the broker reports without their purchase', () => {
    const stated = statement({
      cash: euros('30.00'),
      fills: [fill('f9', 'SELL', 3, '30.00', '2024-01-04')],
    });
    const done = reconcile(empty, stated, noWorth, { recordedAt: NOW });
    expect(done.entries.map((entry) => entry.kind)).toEqual(['external-in', 'sell']);
    expect(done.entries[0]?.happenedAt).toBeLessThan(at('2024-01-04'));
    expect(quantityHeld(done.book, ALPHA).sign).toBe(0);
    expect(done.book.cash).toEqual(euros('30.00'));
  });

  it('refuses an account in another currency', () => {
    expect(() =>
      reconcile(empty, statement({ currency: 'USD' }), noWorth, { recordedAt: NOW }),
    ).toThrow(
      expect.objectContaining({
        code: 'REFUSED',
        facts: expect.objectContaining({ rule: 'account-currency' }),
      }),
    );
  });

  it('counts what was added, updated and removed', () => {
    const before = bookOf(
      trade('buy', '5', '10', '-50.00'),
      trade('buy', '1', '10', '-10.00', { isin: BETA }),
    );
    const stated = statement({ cash: euros('-60.00'), holdings: [holds(6)] });
    const { book } = reconcile(before, stated, noWorth, { recordedAt: NOW });
    expect(positionChanges(before, book)).toEqual({ updated: 1, added: 0, removed: 1 });
    expect(positionChanges(empty, book)).toEqual({ updated: 0, added: 1, removed: 0 });
  });
});
