/**
 * Orders of the paper broker that have ended, from the list they are appended to. A line never changes, so each is
 * decoded once in a process.
 */
import type { BrokerFill } from '#shared/clients/broker/broker.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { grown } from '#shared/kernel/collections/growing-list.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { inTime, type PaperOrder } from './paper-book.ts';
import { settledOrderOf, type PaperRecord } from './record.ts';

export interface SettledFills {
  readonly byId: ReadonlyMap<string, PaperOrder>;
  /** In the order of time. */
  readonly fills: readonly BrokerFill[];
}

interface Read {
  /** Lines of the list that were read. */
  count: number;
  last: string;
  readonly byId: Map<string, PaperOrder>;
  /** A new list with each order, so that one who has it keeps what it was. */
  fills: readonly BrokerFill[];
}

interface WrittenLine {
  readonly account: AccountId;
  readonly line: string;
  readonly order: PaperOrder;
}

/** Lines that were written and are not read yet: few, unless another process reads instead. */
const WRITTEN_MAX = 64;

const nothing = (): Read => ({ count: 0, last: '', byId: new Map(), fills: [] });

export class SettledOrders {
  private readonly database: Database;
  private readonly accounts = new Map<AccountId, Read>();
  private readonly written: WrittenLine[] = [];

  constructor(database: Database) {
    this.database = database;
  }

  /** The same, what was read included, through another object of the connection. */
  through(database: Database): SettledOrders {
    return Object.assign(Object.create(this) as SettledOrders, { database });
  }

  /** Those that the record counts; of an older record, those in it as well. */
  async of(account: AccountId, record: PaperRecord | undefined): Promise<SettledFills> {
    const count = record?.settledCount ?? 0;
    const read = await this.upTo(account, record, count);
    const older = record?.settled ?? [];
    if (!record || older.length === 0) return read;
    const all: Read = { ...read, byId: new Map(read.byId) };
    add(
      all,
      older.map((tuple) => settledOrderOf(tuple, account, currencyOf(record))),
    );
    return all;
  }

  /** What the last of the lines say that are about to be appended. */
  writes(account: AccountId, lines: readonly string[], orders: readonly PaperOrder[]): void {
    if (this.written.length + orders.length > WRITTEN_MAX) this.written.length = 0;
    const first = lines.length - orders.length;
    for (const [i, order] of orders.entries())
      this.written.push({ account, line: lines[first + i] ?? '', order });
  }

  private orderOf(line: string, account: AccountId, record: PaperRecord): PaperOrder {
    const at = this.written.findIndex((one) => one.account === account && one.line === line);
    const [known] = at < 0 ? [] : this.written.splice(at, 1);
    const currency = currencyOf(record);
    if (known?.order.reserved.currency === currency) return known.order;
    return settledOrderOf(JSON.parse(line), account, currency);
  }

  private async upTo(
    account: AccountId,
    record: PaperRecord | undefined,
    count: number,
  ): Promise<Read> {
    if (!record || count === 0) return nothing();
    for (;;) {
      const known = this.accounts.get(account);
      const isContinued = known && known.count <= count && (await this.ends(account, known));
      const read = isContinued ? known : nothing();
      const from = read.count;
      const lines = from < count ? await this.lines(account, from, count) : [];
      // A concurrent call may have read further: a line that is added twice would count its order
      // twice.
      if (read.count !== from) continue;
      add(
        read,
        lines.map((line) => this.orderOf(line, account, record)),
      );
      read.count += lines.length;
      read.last = lines.at(-1) ?? read.last;
      this.accounts.set(account, read);
      return read;
    }
  }

  private lines(account: AccountId, from: number, count: number): Promise<string[]> {
    return this.database.redis.lrange(keys.paperBroker.settled(account), from, count - 1);
  }

  /** Whether the list still has the line that was read last: a restored one may be another. */
  private async ends(account: AccountId, { count, last }: Read): Promise<boolean> {
    if (count === 0) return true;
    const key = keys.paperBroker.settled(account);
    const [line] = await this.database.redis.lrange(key, count - 1, count - 1);
    return line === last;
  }
}

function add(read: Read, orders: readonly PaperOrder[]): void {
  for (const order of orders) read.byId.set(order.instruction.clientOrderId, order);
  const fills = inTime(orders.flatMap((order) => order.fills));
  if (fills.length === 0) return;
  const goesOn = (read.fills.at(-1)?.executedAt ?? 0) <= (fills[0]?.executedAt ?? 0);
  read.fills = goesOn ? grown(read.fills, fills) : inTime([...read.fills, ...fills]);
}

function currencyOf({ currency }: PaperRecord) {
  return parseCurrency(currency);
}
