import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { checkLedger } from '#shared/portfolio/ledger-check.ts';
import { CHAIN_START } from '#shared/kernel/hash-chain.ts';
import { chained, headAfter } from '#shared/portfolio/ledger-chain.ts';
import type { LedgerEntry } from '#shared/portfolio/model/book.ts';
import { emptyBook, postEntries } from '#shared/portfolio/model/booking.ts';
import { imbalance } from '#shared/portfolio/model/posting.ts';
import { ALPHA } from '../../support/markets/set-market.ts';
import { at, bookOf, EUR, euros, line, trade } from './lines.ts';

const lines: readonly LedgerEntry[] = [
  line('deposit', '1000.00'),
  trade('buy', '3', '100', '-301.07'),
  trade('buy', '7', '10', '-70.70', { currency: 'USD', rate: '0.9' }),
  line('dividend', '4.20', { source: 'broker:paper' }),
  line('tax', '-0.63'),
  trade('sell', '4', '120', '478.99'),
  trade('transfer-out', '1', '10', '0.00'),
  line('fee', '-0.99'),
  line('withdrawal', '-50.00'),
];

function ledgerOf(entries: readonly LedgerEntry[]) {
  const { book, posted } = postEntries(emptyBook(DEFAULT_ACCOUNT, EUR), entries);
  return { book, posted, ...chained(CHAIN_START, posted) };
}

const legacy = (entry: LedgerEntry): string => JSON.stringify(entry);
const flipped = (text: string, i: number): string =>
  `${text.slice(0, i)}${String.fromCharCode(text.charCodeAt(i) ^ 1)}${text.slice(i + 1)}`;

describe('the chain of the ledger', () => {
  const ledger = ledgerOf(lines);

  it('is in order as it was written', () => {
    const { finding, head, unchained } = checkLedger(ledger);
    expect({ finding, head, unchained }).toEqual({
      finding: undefined,
      head: ledger.head,
      unchained: 0,
    });
  });

  it('names the first line that is wrong, whichever byte of it was flipped', () => {
    const named = ledger.lines.map((text, at) =>
      Array.from(text, (_, i) => {
        const tampered = ledger.lines.map((line, j) => (j === at ? flipped(line, i) : line));
        return checkLedger({ lines: tampered, head: ledger.head, book: ledger.book }).finding
          ?.sequence;
      }),
    );
    named.forEach((sequences, at) => expect(new Set(sequences)).toEqual(new Set([at + 1])));
  });

  it('names it wherever and however a byte is changed, in lines of splits and their undoing too', () => {
    const split = line('split', '0.00', {
      ...{ id: 'action-s', isin: ALPHA, symbol: 'ALPHA', happenedAt: at('2024-02-01') },
      ...{ quantity: Decimal.of(12), heldQuantity: Decimal.of(3) },
      ...{ newShares: Decimal.of(4), oldShares: Decimal.of(1) },
    });
    const bought = trade('buy', '3', '100', '-301.07');
    const lots = bookOf(line('deposit', '1000.00'), bought).holdings.get(ALPHA)?.lots ?? [];
    const undone = line('split', '0.00', {
      ...{ id: 'action-u', isin: ALPHA, symbol: 'ALPHA', happenedAt: at('2024-02-01') },
      reverses: 'action-s',
      restores: [
        {
          ...{ isin: ALPHA, symbol: 'ALPHA', made: [bought.id], lots },
          ...{ change: Decimal.of(-9), gain: euros('0.00') },
        },
      ],
    });
    const {
      head,
      book,
      lines: stored,
    } = ledgerOf([
      ...[line('deposit', '1000.00'), bought, split, undone, trade('sell', '3', '110', '329.00')],
    ]);
    expect(checkLedger({ lines: stored, head, book }).finding).toBeUndefined();
    const random = seededRandom('bytes of a ledger');
    for (let i = 0; i < 400; i += 1) {
      const place = integerBelow(random, stored.length);
      const bytes = Buffer.from(stored[place] ?? '');
      const byte = integerBelow(random, bytes.length);
      bytes[byte] = (bytes[byte] ?? 0) ^ (1 + integerBelow(random, 255));
      const tampered = stored.map((one, j) => (j === place ? bytes.toString('latin1') : one));
      expect(checkLedger({ lines: tampered, head, book }).finding?.sequence).toBe(place + 1);
    }
  });

  it('misses a line that was taken out, moved, written anew, or cut off at the end', () => {
    const { head, book } = ledger;
    const [first = '', second = '', ...rest] = ledger.lines;
    const other = ledgerOf([
      line('deposit', '1000.01', { id: lines[0]?.id ?? '' }),
      ...lines.slice(1),
    ]);
    const found = [
      [first, ...rest],
      [second, first, ...rest],
      [other.lines[0] ?? '', second, ...rest],
      ledger.lines.slice(0, -1),
      [...ledger.lines, legacy(line('deposit', '1.00'))],
    ].map((tampered) => checkLedger({ lines: tampered, head, book }).finding);
    expect(found.map((finding) => [finding?.check, finding?.sequence])).toEqual([
      ['chain', 2],
      ['chain', 1],
      ['chain', 2],
      ['chain', 0],
      ['chain', lines.length + 1],
    ]);
  });

  it('finds a book that is not what the lines make', () => {
    const { finding } = checkLedger({ ...ledger, book: { ...ledger.book, cash: euros('1.00') } });
    expect(finding).toMatchObject({ check: 'book', sequence: 0 });
    expect(finding?.message).toMatch(/has EUR 1\.00 in cash, the ledger makes EUR /);
  });

  it('finds postings that do not balance although every hash is right', () => {
    const { posted } = ledger;
    const forged = posted.map((one, i) => (i === 3 ? { ...one, postings: [] } : one));
    const unbalanced = posted.map((one, i) =>
      i === 3 ? { ...one, postings: one.postings.slice(0, 1) } : one,
    );
    const findingOf = (all: typeof posted) =>
      checkLedger({ ...chained(CHAIN_START, all), book: ledger.book }).finding;
    expect(findingOf(forged)).toMatchObject({ check: 'balance', sequence: 4 });
    expect(findingOf(unbalanced)).toMatchObject({
      message: 'its postings leave EUR 4.20',
    });
  });

  it('seals lines from before there was a chain', () => {
    const old = lines.slice(0, 4).map(legacy);
    const { book, posted } = postEntries(emptyBook(DEFAULT_ACCOUNT, EUR), lines);
    const added = chained(old.reduce(headAfter, CHAIN_START), posted.slice(4));
    const all = [...old, ...added.lines];
    expect(checkLedger({ lines: all, head: added.head, book })).toMatchObject({
      unchained: 4,
      head: added.head,
    });
    const tampered = all.map((text, i) => (i === 1 ? text.replace('301.07', '301.08') : text));
    expect(checkLedger({ lines: tampered, head: added.head, book }).finding).toMatchObject({
      check: 'chain',
      sequence: 5,
      message: 'the lines before it were changed',
    });
  });
});

describe('postings', () => {
  it('sum to zero in each line, and credit gains and tax to accounts of their own', () => {
    const { posted } = ledgerOf(lines);
    expect(posted.map(({ postings }) => imbalance(postings))).toEqual(lines.map(() => []));
    const sums = (account: string) =>
      posted
        .flatMap(({ postings }) => postings)
        .filter((posting) => posting.account === account)
        .reduce((sum, { amount }) => sum.add(amount), euros('0.00'))
        .toString();
    // 478.99 for 4 of ten shares: all of 301.07, and one seventh of 70.70.
    expect(sums('income:gains')).toBe('EUR -167.82');
    expect(sums('income:dividends')).toBe('EUR -4.20');
    expect(sums('expenses:tax')).toBe('EUR 0.63');
    expect(sums('equity:deposits')).toBe('EUR -950.00');
    expect(sums('equity:transfers')).toBe('EUR 10.10');
  });
});
