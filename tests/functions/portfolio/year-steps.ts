/** Steps of a year of an account, each on its day: entered by the operations, as a person or a market would. */
import bookMovement from '../../../functions/portfolio/book-movement/handler.ts';
import importTransactions from '../../../functions/portfolio/import-transactions/handler.ts';
import reverseMovement from '../../../functions/portfolio/reverse-movement/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import { parseDay, startOf } from '#shared/kernel/calendar-day.ts';
import type { StatedAction } from '#shared/kernel/corporate-action.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price } from '#shared/kernel/price.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { ask, sync } from './portfolio-fixture.ts';

export type Step = (on: PaperFixture) => Promise<unknown>;
export type Event = readonly [day: string, step: Step];

export const eur = (amount: string) => ({ amount, currency: 'EUR' });

export const move =
  (kind: string, amount: string, more: object = {}): Step =>
  async (on) =>
    done(await ask(bookMovement, on, { kind, amount: eur(amount), ...more }));

export const transfer =
  (kind: string, isin: Isin, quantity: number, price?: object): Step =>
  async (on) =>
    done(await ask(bookMovement, on, { kind, isin, quantity, ...(price && { price }) }));

/** A trade as a broker's row has it: shares, price, and the cash with the fee in it. */
export const trade =
  (kind: string, isin: Isin, shares: number, price: string, cash: string, fee: string): Step =>
  async (on) => {
    const day = new Date(on.dependencies.now()).toISOString().slice(0, 10);
    const [amount = '', currency = 'EUR'] = price.split(' ');
    const row = [day, kind, isin, shares, amount, currency, cash, 'EUR', fee, `${day}-${kind}`];
    const header = 'date,kind,isin,quantity,price,price_currency,amount,currency,fee,id';
    const content = `${header}\n${row.join(',')}\n`;
    const { body } = done(await ask(importTransactions, on, { content, apply: true }));
    expect(body).toMatchObject({ applied: true, leftRows: [] });
  };

export const act =
  (kind: StatedAction['kind'], isin: Isin, more: Partial<StatedAction> = {}): Step =>
  async (on) => {
    const day = parseDay(new Date(on.dependencies.now()).toISOString().slice(0, 10));
    on.market.setRate('USD', 'EUR', day, 0.9).setRate('GBP', 'EUR', day, 1.2);
    on.market.setAction({ kind, isin, day, source: 'test', ...more });
    const { body } = done(await ask(updatePositions, on, { forceSync: true }));
    expect(body.externalBooked).toBe(0);
  };

export const ratio = (newShares: string, oldShares: string) => ({
  newShares: Decimal.parse(newShares),
  oldShares: Decimal.parse(oldShares),
});
export const pays = (amount: string, currency: string, taxRatio: string) => ({
  amount: Price.parse(amount, currency),
  taxRatio: Decimal.parse(taxRatio),
});

function done<T extends { readonly status: number; readonly text: string }>(answer: T): T {
  if (answer.status !== 200) throw new Error(answer.text);
  return answer;
}

/** A deposit of the wrong size, undone the day after. */
export const undoDeposit =
  (amount: string): Step =>
  async (on) => {
    const { database, baseCurrency } = on.dependencies;
    const ledger = await new StoredBook(database, baseCurrency).ledger(DEFAULT_ACCOUNT);
    const wrong = ledger.find(({ cash }) => cash.equals(Money.parse(amount, 'EUR')));
    done(await ask(reverseMovement, on, { lineId: wrong?.id ?? '', reason: 'a zero too many' }));
  };

/** Lives through the events, from the day of the fixture on. */
export async function live(on: PaperFixture, events: readonly Event[]): Promise<void> {
  await sync(on);
  for (const [day, step] of events) {
    on.advance(startOf(parseDay(day)) + 12 * 3_600_000 - on.dependencies.now());
    await step(on);
  }
}
