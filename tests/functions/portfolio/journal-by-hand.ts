/** Compares an account with a beancount journal of the same events that was written by hand. */
import getGains from '../../../functions/portfolio/get-gains/handler.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import { Money } from '#shared/kernel/money.ts';
import { taxYearMessages } from '#shared/gateway/overview/tax-years.ts';
import { emptyBook, postEntries, quantityOf, costOf } from '#shared/portfolio/model/booking.ts';
import { defaultPolicy } from '#shared/portfolio/policy/default-policy.ts';
import { StoredBook } from '#shared/portfolio/stored-book.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { beancountBalances } from '../../support/brokers/ledger-programs.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { ask } from './portfolio-fixture.ts';

const accounts = {
  'assets:cash': 'Assets:Cash',
  'equity:deposits': 'Equity:Deposits',
  'equity:transfers': 'Equity:Transfers',
  'equity:conversions': 'Equity:Conversions',
  'income:dividends': 'Income:Dividends',
  'income:interest': 'Income:Interest',
  'income:gains': 'Income:Gains',
  'expenses:fees': 'Expenses:Fees',
  'expenses:tax': 'Expenses:Tax',
} as const;

/** @param holdings the journal's account of each security that is held at the end */
export async function expectJournal(
  on: PaperFixture,
  byHand: string,
  holdings: Readonly<Record<Isin, string>>,
): Promise<void> {
  const reader = new StoredBook(on.dependencies.database, on.dependencies.baseCurrency);
  const { errors, balances } = await beancountBalances(byHand);
  expect(errors).toEqual([]);
  const book = await reader.book(DEFAULT_ACCOUNT);
  const ledger = await reader.ledger(DEFAULT_ACCOUNT);
  const { posted } = postEntries(emptyBook(DEFAULT_ACCOUNT, book.currency), ledger);
  const postings = posted.flatMap((one) => one.postings);
  const ours = Object.keys(accounts).map((account) => [
    account,
    Money.sum(
      postings.filter((one) => one.account === account).map(({ amount }) => amount),
      book.currency,
    ).toEstimate(),
  ]);
  const theirs = Object.entries(accounts).map(([account, name]) => [
    account,
    Number(balances[name]?.cost ?? 0),
  ]);
  expect(ours).toEqual(theirs);
  const held = [...book.holdings.values()].filter(({ lots }) => lots.length > 0);
  const shown = held.map((one) => [
    holdings[one.isin],
    quantityOf(one).toEstimate(),
    costOf(one, book.currency).toEstimate(),
  ]);
  expect(Object.fromEntries(shown.map(([name, ...rest]) => [name, rest]))).toEqual(
    Object.fromEntries(
      Object.values(holdings).map((name) => [
        name,
        [Number(balances[name]?.units), Number(balances[name]?.cost)],
      ]),
    ),
  );
  const { lots } = (await ask(getGains, on)).body as { lots: { gain: { amount: string } }[] };
  const gained = lots.reduce((sum, { gain }) => sum + Math.round(Number(gain.amount) * 100), 0);
  // Plus 0, as nothing sold is 0 and never -0.
  expect(gained).toBe(Math.round(-100 * Number(balances['Income:Gains']?.cost ?? 0)) + 0);
  const { tax } = defaultPolicy(parseSettings({}));
  const years = taxYearMessages(ledger, book.currency, tax).map(({ realisedGain }) =>
    Money.parse(realisedGain?.amount ?? '', book.currency),
  );
  expect(Money.sum(years, book.currency).toEstimate()).toBe(gained / 100);
}
