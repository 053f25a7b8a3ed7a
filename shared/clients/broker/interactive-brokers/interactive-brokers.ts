/**
 * Interactive Brokers, read only: an account as stated by its Flex statement, up to the previous
 * day. This adapter takes no orders.
 */
import type {
  Broker,
  BrokerCapabilities,
  BrokerFill,
  BrokerHolding,
  BrokerStatement,
  OrderInstruction,
  SubmitOutcome,
} from '../broker.ts';
import { refusal, unsupported } from '../capabilities.ts';
import { otherBalances } from '../other-balances.ts';
import { quantityDecimals } from '../quantity-decimals.ts';
import type { ClosedLot } from '#shared/kernel/closed-lot.ts';
import { parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { MINUTE_MS, type Instant } from '#shared/kernel/instant.ts';
import { Money } from '#shared/kernel/money.ts';
import type { FlexApi } from './flex-api.ts';
import { flexActions } from './flex-actions.ts';
import { closedLotsOf } from './flex-lots.ts';
import { cancelledIds } from './flex-cancels.ts';
import { cashMovement, tradeMovements, transfer } from './flex-mapping.ts';
import { decimal, instantIn, flexMoney, required, requiredIsin } from './flex-values.ts';
import { flexBroken, type Attributes, type FlexDocument, type FlexElement } from './flex-xml.ts';

/** A statement changes once a day, but is generated for each request. */
const FRESH_MS = 15 * MINUTE_MS;
const QUERY_TIMEOUT_MS = 120_000;

const capabilities: BrokerCapabilities = {
  takesOrders: false,
  refusesDuplicates: false,
  provesAbsence: false,
  orderTypes: [],
  timesInForce: [],
  quantityDecimals: quantityDecimals['interactive-brokers'],
  fractionTimesInForce: [],
  extendedHours: 'none',
  clientOrderId: /^[\x21-\x7e]{1,64}$/,
  queryTimeoutMs: QUERY_TIMEOUT_MS,
};

export interface InteractiveBrokersParts {
  readonly api: FlexApi;
  readonly currency: Currency;
  /** The account's number there; needed only where the query covers several. */
  readonly account?: string | undefined;
  now(): Instant;
}

export class InteractiveBrokers implements Broker {
  readonly name = 'interactive-brokers';
  readonly simulated = false;
  readonly capabilities = capabilities;
  private readonly parts: InteractiveBrokersParts;
  private kept: { readonly document: FlexDocument; readonly at: Instant } | undefined;

  constructor(parts: InteractiveBrokersParts) {
    this.parts = parts;
  }

  async ping(signal: AbortSignal): Promise<void> {
    await this.document(signal);
  }

  async submit(order: OrderInstruction): Promise<SubmitOutcome> {
    const why = unsupported(order, capabilities);
    return refusal(this.name, why ?? { rule: 'read-only', detail: 'It takes no orders.' });
  }

  async cancel(): Promise<void> {
    throw refused('read-only', 'Interactive Brokers is read here; cancel the order there.');
  }

  async findOrder(): Promise<undefined> {
    return undefined;
  }

  async statement(accountId: AccountId, signal: AbortSignal): Promise<BrokerStatement> {
    const rows = this.rowsOf(await this.document(signal));
    const { currency } = this.parts;
    const cancelled = cancelledIds(rows.trades);
    const movements = rows.trades.map((row) => tradeMovements(row, currency, cancelled.get(row)));
    const { actions, flows: paid } = flexActions(rows.actions, currency);
    const flows = [
      ...movements.flatMap((movement) => movement.flows),
      ...rows.cash.map((row) => cashMovement(row, currency)).filter((flow) => flow !== undefined),
      ...rows.transfers.flatMap((row) => transfer(row, currency)),
      ...paid,
    ].sort((a, b) => a.happenedAt - b.happenedAt);
    const fills = movements
      .flatMap((movement) => movement.fills)
      .map((fill) => withLots(fill, rows.lots));
    return {
      ...{ accountId, currency, openOrders: [] },
      cash: balance(rows.balances, currency),
      holdings: rows.positions.map(holding).filter(({ quantity }) => quantity.sign !== 0),
      fills: fills.sort((a, b) => a.executedAt - b.executedAt),
      flows: flows.filter(({ amount }) => amount.currency === currency),
      otherBalances: otherBalances(currency, balancesOf(rows.balances), flows),
      corporateActions: actions,
      ...(rows.coversThrough && { coversThrough: rows.coversThrough }),
      takenAt: rows.takenAt,
    };
  }

  private async document(signal: AbortSignal): Promise<FlexDocument> {
    const now = this.parts.now();
    if (this.kept && now - this.kept.at < FRESH_MS) return this.kept.document;
    const document = await this.parts.api.statement(signal);
    this.kept = { document, at: now };
    return document;
  }

  private rowsOf({ elements }: FlexDocument) {
    const statements = elements.filter(({ name }) => name === 'FlexStatement');
    const { account } = this.parts;
    const mine = statements.filter(
      ({ attributes }) => !account || attributes['accountId'] === account,
    );
    const [only, ...more] = mine;
    if (!only)
      throw refused('flex-account', 'The Flex statement has no such account.', { account });
    if (more.length > 0)
      throw refused(
        'flex-account',
        'The Flex statement has several accounts; IBKR_ACCOUNT names the one to read.',
        { accounts: mine.map(({ attributes }) => attributes['accountId']) },
      );
    const own = elements.filter(({ statement }) => statement === only.statement);
    requireSection(own, 'CashReport');
    requireSection(own, 'OpenPositions');
    const rows = (name: string) =>
      eachOnce(own.filter((element) => element.name === name).map(({ attributes }) => attributes));
    const detailed = (name: string, ...levels: readonly string[]) =>
      rows(name).filter((row) => !row['levelOfDetail'] || levels.includes(row['levelOfDetail']));
    const trades = own
      .filter(({ name }) => name === 'Trade' || name === 'Lot')
      .map(({ name, attributes: row }) => ({ name, row }));
    return {
      lots: closedLotsOf(trades),
      trades: detailed('Trade', 'EXECUTION'),
      cash: detailed('CashTransaction', 'DETAIL'),
      positions: detailed('OpenPosition', 'SUMMARY'),
      actions: detailed('CorporateAction', 'DETAIL'),
      transfers: rows('Transfer'),
      balances: rows('CashReportCurrency'),
      takenAt: instantIn(only.attributes, 'whenGenerated', 'toDate'),
      coversThrough: only.attributes['toDate'] ? instantIn(only.attributes, 'toDate') : undefined,
    };
  }
}

function withLots(fill: BrokerFill, lots: ReadonlyMap<string, readonly ClosedLot[]>): BrokerFill {
  const closedLots = lots.get(fill.fillId);
  return closedLots ? { ...fill, closedLots } : fill;
}

/** A section that the query does not include is not an empty section. */
function requireSection(own: readonly FlexElement[], name: string): void {
  if (!own.some((element) => element.name === name))
    throw flexBroken(`a statement without ${name}; add the section to the query`);
}

/** A query with a section twice, or with two levels of detail under one name, has rows twice. */
function eachOnce(rows: readonly Attributes[]): Attributes[] {
  return [...new Map(rows.map((row) => [JSON.stringify(row), row])).values()];
}

function holding(row: Attributes): BrokerHolding {
  const quantity = decimal(row, 'position');
  const symbol = required(row, 'symbol');
  if (quantity.sign < 0)
    throw refused('short-position', `Interactive Brokers shows a short position in ${symbol}.`, {
      symbol,
    });
  return { isin: requiredIsin(row), symbol, quantity };
}

function balance(rows: readonly Attributes[], currency: Currency): Money {
  const row = rows.find((one) => one['currency'] === currency);
  return row ? flexMoney(decimal(row, 'endingCash'), currency) : Money.zero(currency);
}

function balancesOf(rows: readonly Attributes[]): Money[] {
  const named = rows.map((row) => required(row, 'currency')).filter((c) => c !== 'BASE_SUMMARY');
  return named.map((code) => balance(rows, parseCurrency(code)));
}
