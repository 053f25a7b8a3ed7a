/** Maps rows of a Flex statement to movements. Pure. */
import type { BrokerFill, BrokerFlow, BrokerFlowKind } from '../broker.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { Money } from '#shared/kernel/money.ts';
import { Price, PRICE_DECIMALS_MAX } from '#shared/kernel/price.ts';
import {
  currencyIn,
  decimal,
  instantIn,
  isinIn,
  flexMoney,
  decimalOrZero,
  rateToBase,
  required,
  requiredIsin,
} from './flex-values.ts';
import { flexBroken, type Attributes } from './flex-xml.ts';

export interface Movements {
  readonly fills: readonly BrokerFill[];
  /** Of any currency. */
  readonly flows: readonly BrokerFlow[];
}

const SECURITIES: ReadonlySet<string> = new Set(['STK', 'FUND']);

const cashKinds: Readonly<Record<string, BrokerFlowKind>> = {
  Dividends: 'dividend',
  'Payment In Lieu Of Dividends': 'dividend',
  'Withholding Tax': 'tax',
  '871(m) Withholding': 'tax',
  'Broker Interest Paid': 'interest',
  'Broker Interest Received': 'interest',
  'Bond Interest Paid': 'interest',
  'Bond Interest Received': 'interest',
  'Other Fees': 'fee',
  'Advisor Fees': 'fee',
  'Commission Adjustments': 'fee',
  'Price Adjustments': 'fee',
  'Other Income': 'interest',
};

/**
 * @param cancels the `transactionID` of the trade that the row takes back, where it does
 * @throws Failure UPSTREAM_BROKEN for what is neither a security nor a currency
 */
export function tradeMovements(
  row: Attributes,
  account: Currency,
  cancels: string | undefined,
): Movements {
  const category = required(row, 'assetCategory');
  if (category === 'CASH') return { fills: [], flows: exchange(row) };
  if (!SECURITIES.has(category)) throw flexBroken(`a trade in ${category}, which is not supported`);
  const currency = currencyIn(row);
  const { fills, flows } =
    currency === account ? ownTrade(row, account) : foreignTrade(row, currency, account);
  return cancels === undefined ? { fills, flows } : cancelling(fills, flows, cancels, account);
}

/** Costs in the account's currency that come back are part of what the trade takes back. */
function cancelling(
  fills: readonly BrokerFill[],
  flows: readonly BrokerFlow[],
  cancels: string,
  account: Currency,
): Movements {
  const isCost = ({ kind, amount }: BrokerFlow): boolean =>
    kind === 'fee' && amount.currency === account;
  const back = Money.sum(
    flows.filter(isCost).map(({ amount }) => amount),
    account,
  );
  return {
    fills: fills.map((fill) => ({ ...fill, cancels, settlement: fill.settlement.add(back) })),
    flows: flows.filter((flow) => !isCost(flow)),
  };
}

/** Costs in the account's currency belong to the trade; any other is a fee of its own. */
function ownTrade(row: Attributes, account: Currency): Movements {
  const apart = commissionFlow(row);
  const commission = apart.filter(({ amount }) => amount.currency === account);
  const charged = commission[0] ? commission[0].amount.negate() : flexMoney(Decimal.zero, account);
  const taxes = flexMoney(decimalOrZero(row, 'taxes').negate(), account);
  const isPlain = charged.sign >= 0 && taxes.sign >= 0;
  const proceeds = flexMoney(decimal(row, 'proceeds'), account);
  const fees = isPlain ? taxes : flexMoney(Decimal.zero, account);
  const paid = isPlain ? charged : flexMoney(Decimal.zero, account);
  const settlement = proceeds.subtract(paid).subtract(fees);
  const fill = { ...fillBase(row), commission: paid, fees, exchangeRate: Decimal.one, settlement };
  const others = apart.filter(({ amount }) => amount.currency !== account);
  return { fills: [fill], flows: isPlain ? others : [...apart, ...taxFlow(row)] };
}

/**
 * A trade in another currency moved that currency's balance. Its settlement is converted by the
 * statement's rate, and a conversion of the same amount offsets it.
 */
function foreignTrade(row: Attributes, currency: Currency, account: Currency): Movements {
  const rate = decimal(row, 'fxRateToBase');
  const proceeds = flexMoney(decimal(row, 'proceeds'), currency);
  const settlement = flexMoney(proceeds.amount.multiply(rate), account);
  const zero = flexMoney(Decimal.zero, account);
  const fill = {
    ...fillBase(row),
    ...{ commission: zero, fees: zero, exchangeRate: rate, settlement },
  };
  const [own, other] = [`${fill.fillId}-settled`, `${fill.fillId}-paid`];
  const base = { kind: 'conversion', happenedAt: fill.executedAt } as const;
  const conversions: BrokerFlow[] = [
    { ...base, flowId: own, amount: settlement.negate(), relatedFlowId: other },
    { ...base, flowId: other, amount: proceeds, relatedFlowId: own },
  ];
  return { fills: [fill], flows: [...conversions, ...commissionFlow(row), ...taxFlow(row)] };
}

function fillBase(row: Attributes) {
  const currency = currencyIn(row);
  const label = row['orderReference'] || row['orderRef'];
  const price = decimal(row, 'tradePrice').round(PRICE_DECIMALS_MAX, 'half-even');
  return {
    fillId: required(row, 'transactionID'),
    clientOrderId: label || `ibkr-${row['ibOrderID'] || required(row, 'transactionID')}`,
    isin: requiredIsin(row),
    symbol: required(row, 'symbol'),
    side: decimal(row, 'quantity').sign < 0 ? ('SELL' as const) : ('BUY' as const),
    quantity: decimal(row, 'quantity').absolute(),
    price: new Price(price, currency),
    executedAt: instantIn(row, 'dateTime', 'tradeDate'),
  };
}

/** Currencies exchanged: `EUR.USD`, of which `quantity` euros came and `proceeds` dollars went. */
function exchange(row: Attributes): BrokerFlow[] {
  const [first = ''] = required(row, 'symbol').split('.');
  const id = required(row, 'transactionID');
  const base = { kind: 'conversion', happenedAt: instantIn(row, 'dateTime', 'tradeDate') } as const;
  const bought = flexMoney(decimal(row, 'quantity'), currencyIn({ currency: first }));
  const paid = flexMoney(decimal(row, 'proceeds'), currencyIn(row));
  return [
    { ...base, flowId: `${id}-first`, amount: bought, relatedFlowId: `${id}-second` },
    { ...base, flowId: `${id}-second`, amount: paid, relatedFlowId: `${id}-first` },
    ...commissionFlow(row),
  ];
}

function commissionFlow(row: Attributes): BrokerFlow[] {
  const commission = decimalOrZero(row, 'ibCommission');
  if (commission.sign === 0) return [];
  const name = row['ibCommissionCurrency'] ? 'ibCommissionCurrency' : 'currency';
  return [costFlow(row, 'commission', flexMoney(commission, currencyIn(row, name)))];
}

function taxFlow(row: Attributes): BrokerFlow[] {
  const taxes = decimalOrZero(row, 'taxes');
  return taxes.sign === 0 ? [] : [costFlow(row, 'taxes', flexMoney(taxes, currencyIn(row)))];
}

function costFlow(row: Attributes, name: string, amount: BrokerFlow['amount']): BrokerFlow {
  const id = required(row, 'transactionID');
  const isin = isinIn(row);
  return {
    ...{ flowId: `${id}-${name}`, kind: 'fee', amount, relatedFlowId: id },
    ...(isin && { isin }),
    happenedAt: instantIn(row, 'dateTime', 'tradeDate'),
  };
}

/** @throws Failure UPSTREAM_BROKEN for an unknown type */
export function cashMovement(row: Attributes, account: Currency): BrokerFlow | undefined {
  const amount = flexMoney(decimal(row, 'amount'), currencyIn(row));
  if (amount.sign === 0) return undefined;
  const type = required(row, 'type');
  const isin = isinIn(row);
  const kind = type.startsWith('Deposits') ? bySign(amount.sign) : cashKinds[type];
  if (!kind) throw flexBroken(`a cash transaction of the type ${type.slice(0, 40)}`);
  const action = kind === 'tax' ? row['actionID'] : undefined;
  return {
    ...{ flowId: required(row, 'transactionID'), kind, amount, ...rateIn(row, account) },
    ...(isin && { isin }),
    ...(action && { relatedFlowId: action }),
    happenedAt: instantIn(row, 'dateTime', 'reportDate', 'settleDate'),
  };
}

/** Shares, cash or both: what moved in cash is a movement of its own. */
export function transfer(row: Attributes, account: Currency): BrokerFlow[] {
  const flowId = required(row, 'transactionID');
  const happenedAt = instantIn(row, 'dateTime', 'date', 'reportDate');
  const cash = flexMoney(decimalOrZero(row, 'cashTransfer'), currencyIn(row));
  const quantity = decimalOrZero(row, 'quantity');
  const movesShares = quantity.sign !== 0;
  const isOut = row['direction'] === 'OUT' || quantity.sign < 0;
  const cost = isOut ? {} : costOf(row, account);
  const paid = { flowId: movesShares ? `${flowId}-cash` : flowId, happenedAt, amount: cash };
  const delivered: BrokerFlow = {
    ...{ flowId, happenedAt, amount: flexMoney(Decimal.zero, account) },
    ...{ kind: isOut ? 'transfer-out' : 'transfer-in', quantity: quantity.absolute() },
  };
  return [
    ...(movesShares ? [{ ...delivered, isin: requiredIsin(row), ...cost }] : []),
    ...(cash.sign === 0 ? [] : [{ ...paid, kind: bySign(cash.sign), ...rateIn(row, account) }]),
  ];
}

/** Of shares that came in, as the statement values them; absent where it states no price or no rate. */
function costOf(row: Attributes, account: Currency): Pick<BrokerFlow, 'price' | 'exchangeRate'> {
  const each = decimalOrZero(row, 'transferPrice');
  const rate = rateToBase(row, account);
  if (each.sign <= 0 || !rate) return {};
  const amount = each.round(PRICE_DECIMALS_MAX, 'half-even');
  return { price: new Price(amount, currencyIn(row)), exchangeRate: rate };
}

/** Into the account's currency, where the row is in another one and states it. */
function rateIn(row: Attributes, account: Currency): Pick<BrokerFlow, 'exchangeRate'> {
  const rate = currencyIn(row) === account ? undefined : rateToBase(row, account);
  return rate ? { exchangeRate: rate } : {};
}

function bySign(sign: number): BrokerFlowKind {
  return sign < 0 ? 'withdrawal' : 'deposit';
}
