/**
 * A year of an account by chance, written twice: as rows of the plain file, and by hand for beancount. The journal is
 * made of whole cents alone, by its own arithmetic: a lot costs a multiple of 4 EUR a share, so that what splits and
 * spin-offs leave of it is exact.
 */
import { integerBelow, seededRandom, type Random } from '#shared/kernel/random.ts';

interface SeededLot {
  /** Of the purchase; no security is bought twice on a day. */
  readonly day: string;
  readonly shares: number;
  /** Of one share. */
  readonly cents: number;
}

export interface SeededSecurity {
  readonly isin: string;
  readonly symbol: string;
  /** In the journal. */
  readonly name: string;
}

export interface SeededYear {
  readonly file: string;
  readonly journal: string;
  /** Account of the journal of each security that is held at the end, by its ISIN. */
  readonly holdings: Readonly<Record<string, string>>;
  readonly events: number;
  readonly cash: string;
}

const HEADER =
  'date,kind,isin,symbol,quantity,price,price_currency,amount,currency,fee,tax,id,ratio,new_isin,new_symbol,cost_ratio';
const OPENING_CENTS = 10_000_000;
const EVENTS = 70;
/** Dollars are worth 0.90 EUR on all days. */
const CENTS_A_DOLLAR = 90;

export function seededYear(
  seed: string,
  securities: readonly SeededSecurity[],
  spare: readonly SeededSecurity[],
): SeededYear {
  const year = new Year(seededRandom(seed), securities, spare);
  for (let n = 0; n < EVENTS; n += 1) year.live(n);
  return year.written();
}

class Year {
  private readonly rows: string[] = [];
  private readonly entries: string[] = [];
  private readonly held = new Map<SeededSecurity, readonly SeededLot[]>();
  private readonly acted = new Set<SeededSecurity>();
  private readonly opened: string[] = [];
  private readonly random: Random;
  private readonly spare: SeededSecurity[];
  private cash = OPENING_CENTS;
  private day = '';

  constructor(
    random: Random,
    securities: readonly SeededSecurity[],
    spare: readonly SeededSecurity[],
  ) {
    this.random = random;
    this.spare = [...spare];
    for (const one of securities) this.open(one);
  }

  /** One event on a day of its own. */
  live(n: number): void {
    this.day = new Date(Date.UTC(2024, 2, 5 + n * 4)).toISOString().slice(0, 10);
    const steps = [
      ...[this.money, this.money, this.dollars, this.exchange, this.income, this.income],
      ...[this.buy, this.buy, this.buy, this.sell, this.sell, this.deliver],
      ...[this.split, this.reverseSplit, this.spinOff, this.rename],
    ];
    if (!this.pick(steps).call(this)) this.money();
  }

  written(): SeededYear {
    const opening = `2024-01-01 * "opened with"\n  Assets:Cash  ${euros(OPENING_CENTS)}\n  Equity:Deposits\n`;
    const accounts = ['Assets:Cash', 'Equity:Deposits', 'Equity:Transfers', 'Equity:Conversions'];
    const others = ['Income:Dividends', 'Income:Interest', 'Income:Gains'];
    const all = [...accounts, ...others, 'Expenses:Fees', 'Expenses:Tax'];
    const opens = [...all.map((name) => `2024-01-01 open ${name}`), ...this.opened];
    const held = [...this.held].filter(([, lots]) => lots.length > 0);
    return {
      file: `${HEADER}\n${this.rows.join('\n')}\n`,
      journal: [...opens, opening, ...this.entries].join('\n'),
      holdings: Object.fromEntries(held.map(([one]) => [one.isin, accountOf(one)])),
      events: this.rows.length,
      cash: (this.cash / 100).toFixed(2),
    };
  }

  private open(one: SeededSecurity): void {
    this.held.set(one, []);
    this.opened.push(`2024-01-01 open ${accountOf(one)} ${one.name} "FIFO"`);
  }

  private pick<T>(all: readonly T[]): T {
    return all[integerBelow(this.random, all.length)] as T;
  }

  private between(low: number, high: number): number {
    return low + integerBelow(this.random, high - low + 1);
  }

  /** A row of the file, by the names of its columns. */
  private row(cells: Readonly<Record<string, string | number>>): void {
    const all: Record<string, string | number> = {
      ...{ date: this.day, amount: 0, currency: 'EUR', id: `row-${this.rows.length}`, ...cells },
    };
    this.rows.push(
      HEADER.split(',')
        .map((name) => all[name] ?? '')
        .join(','),
    );
  }

  private entry(text: string, ...postings: readonly string[]): void {
    this.entries.push(`${this.day} * "${text}"\n${postings.map((one) => `  ${one}\n`).join('')}`);
  }

  private moved(text: string, cents: number, account: string): true {
    this.cash += cents;
    this.entry(text, `Assets:Cash  ${euros(cents)}`, account);
    return true;
  }

  private money(): boolean {
    const cents = this.between(1, 50_000);
    const kind = this.pick(['deposit', 'withdrawal', 'interest', 'fee', 'tax']);
    const isPaid = kind !== 'deposit' && (kind !== 'interest' || this.random() < 0.3);
    const signed = isPaid ? -cents : cents;
    this.row({ kind, amount: (signed / 100).toFixed(2) });
    return this.moved(kind, signed, counter[kind] ?? '');
  }

  /** Dollars that come, at what they are worth. */
  private dollars(): boolean {
    const dollars = this.between(1, 500);
    this.row({ kind: 'deposit', amount: dollars, currency: 'USD' });
    return this.moved('dollars', dollars * CENTS_A_DOLLAR, 'Equity:Deposits');
  }

  private exchange(): boolean {
    const [dollars, cents] = [this.between(10, 500), this.between(0, 300)];
    const paid = -dollars * CENTS_A_DOLLAR - cents;
    this.row({ kind: 'conversion', amount: (paid / 100).toFixed(2) });
    this.moved('euros exchanged', paid, 'Equity:Conversions');
    this.row({ kind: 'conversion', amount: dollars, currency: 'USD' });
    return this.moved('dollars for them', dollars * CENTS_A_DOLLAR, 'Equity:Conversions');
  }

  /** A dividend and the tax withheld from it; at times it is taken back. */
  private income(): boolean {
    const one = this.pick([...this.held.keys()]);
    const [gross, tax] = [this.between(10, 9_000), this.between(0, 9)];
    const sign = this.random() < 0.2 ? -1 : 1;
    const stated = { amount: ((sign * (gross - tax)) / 100).toFixed(2), tax: (sign * tax) / 100 };
    this.row({ kind: 'dividend', isin: one.isin, ...stated });
    this.moved('dividend', sign * gross, 'Income:Dividends');
    return tax === 0 || this.moved('tax withheld', -sign * tax, 'Expenses:Tax');
  }

  private buy(): boolean {
    const one = this.pick([...this.held.keys()]);
    const [shares, cents] = [this.between(1, 40), this.between(1, 60) * 400];
    const fee = Math.min(this.between(0, 500), shares * cents - 1);
    const isForeign = this.random() < 0.5;
    const paid = shares * cents;
    this.row({
      ...{ kind: 'buy', isin: one.isin, symbol: one.symbol, quantity: shares, fee: fee / 100 },
      price: isForeign ? (cents / 90).toFixed(4) : (cents / 100).toFixed(2),
      ...{ price_currency: isForeign ? 'USD' : 'EUR', amount: (-paid / 100).toFixed(2) },
    });
    this.cash -= paid;
    this.entry(
      'bought',
      `${accountOf(one)}  ${shares} ${one.name} {${euros(cents)}}`,
      `Assets:Cash  ${euros(-paid)}`,
    );
    this.held.set(one, [...this.lotsOf(one), { day: this.day, shares, cents }]);
    return true;
  }

  private sell(): boolean {
    const one = this.heldOne();
    if (!one) return false;
    const shares = this.between(1, sharesIn(this.lotsOf(one)));
    const got = this.between(1, 400_000);
    const id = { kind: 'sell', isin: one.isin, symbol: one.symbol, quantity: shares };
    const price = (got / 100 / shares).toFixed(8);
    this.row({ ...id, price, price_currency: 'EUR', amount: (got / 100).toFixed(2) });
    this.cash += got;
    this.entry('sold', ...this.taken(one, shares), `Assets:Cash  ${euros(got)}`, 'Income:Gains');
    return true;
  }

  private deliver(): boolean {
    const one = this.heldOne();
    if (!one) return false;
    const shares = this.between(1, sharesIn(this.lotsOf(one)));
    if (this.random() < 0.5) {
      this.row({ kind: 'transfer-out', isin: one.isin, quantity: shares });
      this.entry('delivered out', ...this.taken(one, shares), 'Equity:Transfers');
      return true;
    }
    const cents = this.between(1, 20) * 400;
    const price = { price: (cents / CENTS_A_DOLLAR).toFixed(8), price_currency: 'USD' };
    const isForeign = cents % CENTS_A_DOLLAR === 0;
    const stated = isForeign ? price : { price: cents / 100, price_currency: 'EUR' };
    this.row({ kind: 'transfer-in', isin: one.isin, quantity: shares, ...stated });
    this.entry(
      'delivered in',
      `${accountOf(one)}  ${shares} ${one.name} {${euros(cents)}}`,
      'Equity:Transfers',
    );
    this.held.set(one, [...this.lotsOf(one), { day: this.day, shares, cents }]);
    return true;
  }

  private split(): boolean {
    const one = this.unacted();
    if (!one) return false;
    const times = this.pick([2, 4]);
    return this.resized(one, `${times}:1`, (lot) => ({
      ...{ ...lot, shares: lot.shares * times, cents: lot.cents / times },
    }));
  }

  private reverseSplit(): boolean {
    const one = this.unacted();
    const into = this.pick([2, 5, 10]);
    if (!one || this.lotsOf(one).some(({ shares }) => shares % into !== 0)) return false;
    return this.resized(one, `1:${into}`, (lot) => ({
      ...{ ...lot, shares: lot.shares / into, cents: lot.cents * into },
    }));
  }

  private resized(
    one: SeededSecurity,
    ratio: string,
    change: (lot: SeededLot) => SeededLot,
  ): boolean {
    this.row({ kind: 'split', isin: one.isin, symbol: one.symbol, ratio });
    this.replace(`split ${ratio}`, one, one, change);
    this.acted.add(one);
    return true;
  }

  private spinOff(): boolean {
    const one = this.unacted();
    const to = one && this.spare.pop();
    if (!one || !to) return false;
    this.open(to);
    const lots = this.lotsOf(one);
    const names = { new_isin: to.isin, new_symbol: to.symbol, cost_ratio: 0.25 };
    this.row({ kind: 'spin-off', isin: one.isin, symbol: one.symbol, ratio: '1:1', ...names });
    this.entry(
      'spin-off',
      ...lots.map((lot) => posting(one, lot, -1)),
      ...lots.map((lot) => posting(one, { ...lot, cents: (lot.cents * 3) / 4 }, 1)),
      ...lots.map((lot) => posting(to, { ...lot, cents: lot.cents / 4 }, 1)),
    );
    this.held.set(
      one,
      lots.map((lot) => ({ ...lot, cents: (lot.cents * 3) / 4 })),
    );
    this.held.set(
      to,
      lots.map((lot) => ({ ...lot, cents: lot.cents / 4 })),
    );
    this.acted.add(one).add(to);
    return true;
  }

  private rename(): boolean {
    const one = this.heldOne();
    const to = one && this.spare.pop();
    if (!one || !to) return false;
    this.open(to);
    this.row({ kind: 'rename', isin: one.isin, new_isin: to.isin, new_symbol: to.symbol });
    this.replace('a new name', one, to, (lot) => lot);
    this.held.delete(one);
    if (this.acted.has(one)) this.acted.add(to);
    return true;
  }

  private replace(
    text: string,
    one: SeededSecurity,
    to: SeededSecurity,
    change: (lot: SeededLot) => SeededLot,
  ): void {
    const lots = this.lotsOf(one);
    const made = lots.map(change);
    this.entry(
      text,
      ...lots.map((lot) => posting(one, lot, -1)),
      ...made.map((lot) => posting(to, lot, 1)),
    );
    this.held.set(to, made);
  }

  private lotsOf(one: SeededSecurity): readonly SeededLot[] {
    return this.held.get(one) ?? [];
  }

  private heldOne(): SeededSecurity | undefined {
    const all = [...this.held].filter(([, lots]) => lots.length > 0).map(([one]) => one);
    return all.length === 0 ? undefined : this.pick(all);
  }

  /** Held, and changed by no action before, so that its cost stays whole. */
  private unacted(): SeededSecurity | undefined {
    const one = this.heldOne();
    return one && !this.acted.has(one) ? one : undefined;
  }

  /** Takes the oldest shares. */
  private taken(one: SeededSecurity, shares: number): readonly string[] {
    let open = shares;
    const postings: string[] = [];
    const left = this.lotsOf(one).flatMap((lot) => {
      const part = Math.min(open, lot.shares);
      open -= part;
      if (part > 0) postings.push(posting(one, { ...lot, shares: part }, -1));
      return part === lot.shares ? [] : [{ ...lot, shares: lot.shares - part }];
    });
    this.held.set(one, left);
    return postings;
  }
}

const counter: Readonly<Record<string, string>> = {
  deposit: 'Equity:Deposits',
  withdrawal: 'Equity:Deposits',
  interest: 'Income:Interest',
  fee: 'Expenses:Fees',
  tax: 'Expenses:Tax',
};

function accountOf({ name }: SeededSecurity): string {
  return `Assets:${name.slice(0, 1)}${name.slice(1).toLowerCase()}`;
}

function posting(one: SeededSecurity, { day, shares, cents }: SeededLot, sign: 1 | -1): string {
  return `${accountOf(one)}  ${sign * shares} ${one.name} {${euros(cents)}, ${day}}`;
}

function sharesIn(lots: readonly SeededLot[]): number {
  return lots.reduce((sum, { shares }) => sum + shares, 0);
}

function euros(cents: number): string {
  return `${(cents / 100).toFixed(2)} EUR`;
}
