import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { beancountText } from '#shared/portfolio/model/export/beancount.ts';
import { csvText } from '#shared/portfolio/model/export/csv.ts';
import { hledgerText } from '#shared/portfolio/model/export/hledger.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { emptyBook, postEntries } from '#shared/portfolio/model/booking.ts';
import { seededRandom } from '#shared/kernel/random.ts';
import {
  beancountErrors,
  hledgerBalances,
  hledgerErrors,
  missingBeancount,
  missingHledger,
} from '../../support/brokers/ledger-programs.ts';
import { testNeeding } from '../../support/needing.ts';
import { ALPHA, BETA } from '../../support/markets/set-market.ts';
import { EUR, line, trade } from './lines.ts';

const methods = ['fifo', 'lifo', 'hifo', 'average'] as const;

/** Purchases and sales in thirds of shares, so that no cost divides evenly. */
function randomLines(seed: string): LedgerEntry[] {
  const random = seededRandom(seed);
  const whole = (from: number, to: number) => from + Math.floor(random() * (to - from));
  const day = (i: number) => `2024-${String(1 + (i % 12)).padStart(2, '0')}-15`;
  const held = new Map<typeof ALPHA, number>();
  const lines: LedgerEntry[] = [line('deposit', '1000000.00')];
  for (let i = 0; i < 60; i += 1) {
    const isin = random() < 0.5 ? ALPHA : BETA;
    const has = held.get(isin) ?? 0;
    const sells = has > 1 && random() < 0.4;
    const quantity = sells ? whole(1, has) : whole(3, 50);
    held.set(isin, has + (sells ? -quantity : quantity));
    const cash = `${sells ? '' : '-'}${whole(100, 9999)}.${whole(10, 99)}`;
    const method = methods[whole(0, methods.length)] ?? 'fifo';
    lines.push({
      ...trade(sells ? 'sell' : 'buy', String(quantity), '9.99', cash, { isin, on: day(i) }),
      ...(sells && { lotMethod: method }),
    });
  }
  return [
    ...lines,
    line('fee', '-1.01'),
    line('dividend', '3.00', { isin: ALPHA, symbol: 'A"B;C' }),
  ];
}

const ledgers = ['a', 'b', 'c'].map((seed) => {
  const { book, posted } = postEntries(emptyBook(DEFAULT_ACCOUNT, EUR), randomLines(seed));
  return { seed, book, posted };
});

describe('exports of the ledger', () => {
  testNeeding(missingBeancount, 'are in order for beancount', async () => {
    for (const { seed, posted, book } of ledgers)
      expect({ seed, errors: await beancountErrors(beancountText(posted, book)) }).toEqual({
        seed,
        errors: '',
      });
  });

  testNeeding(missingBeancount, 'are not in order once a cent is changed', async () => {
    const [{ posted, book } = { posted: [], book: emptyBook(DEFAULT_ACCOUNT, EUR) }] = ledgers;
    const wrong = beancountText(posted, book).replace('Expenses:Fees  1.01', 'Expenses:Fees  1.02');
    expect(await beancountErrors(wrong)).toMatch(/balance/i);
  });

  testNeeding(missingHledger, 'are in order for hledger, which finds the same cash', async () => {
    for (const { posted, book } of ledgers) {
      const journal = hledgerText(posted, book);
      expect(await hledgerErrors(journal)).toBe('');
      const cash = `"assets:cash","${book.cash.amount.toString()} EUR"`;
      expect(await hledgerBalances(journal)).toContain(cash);
    }
  });

  it('are a row a posting in csv, whose amounts sum to zero', () => {
    for (const { posted, book } of ledgers) {
      const [header = '', ...rows] = csvText(posted).trimEnd().split('\r\n');
      const amountAt = header.split(',').indexOf('amount');
      const count = posted.reduce((sum, { postings }) => sum + postings.length, 0);
      expect(rows).toHaveLength(count);
      const cents = rows.reduce(
        (sum, row) =>
          sum + Math.round(100 * Number(row.split(',').at(amountAt - header.split(',').length))),
        0,
      );
      expect(cents).toBe(0);
      expect(book.currency).toBe('EUR');
    }
  });
});
