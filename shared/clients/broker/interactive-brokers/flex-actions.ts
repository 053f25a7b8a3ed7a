/**
 * Corporate actions of a Flex statement. Where shares of one security become those of another, an action is two rows:
 * the old ISIN with a negative number of shares, the new one with a positive. Pure.
 */
import type { BrokerCorporateAction, BrokerFlow } from '../broker.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { later, type Instant } from '#shared/kernel/instant.ts';
import type { Money } from '#shared/kernel/money.ts';
import {
  currencyIn,
  decimalOrZero,
  flexMoney,
  instantIn,
  rateToBase,
  required,
  requiredIsin,
} from './flex-values.ts';
import type { Attributes } from './flex-xml.ts';

export interface FlexActions {
  readonly actions: readonly BrokerCorporateAction[];
  /** Of any currency. */
  readonly flows: readonly BrokerFlow[];
}

const kinds: Readonly<Record<string, BrokerCorporateAction['kind']>> = {
  ...{ FS: 'split', RS: 'split', SO: 'spin-off', TC: 'merger', TO: 'merger', IC: 'rename' },
};

export function flexActions(rows: readonly Attributes[], account: Currency): FlexActions {
  const groups = new Map<string, Attributes[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  const read = [...groups.values()].flatMap((group) => {
    const exchanged = exchangeOf(group);
    return exchanged ? [exchanged(account)] : group.map((row) => actionOf(row, account));
  });
  return {
    actions: read.flatMap(({ actions }) => actions),
    flows: read.flatMap(({ flows }) => flows),
  };
}

/** The end of a description, in parentheses, names the security of its row. */
function keyOf(row: Attributes): string {
  const what = descriptionOf(row).replace(/ \([^()]*\)$/, '');
  return [row['type'], row['actionID'], row['dateTime'] ?? row['reportDate'], what].join(' ');
}

function descriptionOf(row: Attributes): string {
  return row['actionDescription'] || row['description'] || '';
}

type Exchange = (account: Currency) => FlexActions;

/** What a pair of rows means; undefined for any other group. */
function exchangeOf(group: readonly Attributes[]): Exchange | undefined {
  const [old] = group.filter((row) => decimalOrZero(row, 'quantity').sign < 0);
  const [fresh] = group.filter((row) => decimalOrZero(row, 'quantity').sign > 0);
  if (!old || !fresh || group.length !== 2 || requiredIsin(old) === requiredIsin(fresh))
    return undefined;
  switch (kindOf(old)) {
    case 'split':
      return (account) => withCash(group, account, [resized(old, fresh), renamed(old, fresh)]);
    case 'rename':
      return (account) => withCash(group, account, [renamed(old, fresh)]);
    case 'merger':
      return (account) => merged(old, fresh, account);
    default:
      return undefined;
  }
}

function kindOf(row: Attributes): BrokerCorporateAction['kind'] {
  return termsOf(row) ? 'split' : (kinds[row['type'] ?? ''] ?? 'other');
}

/** So many new shares for so many old ones, as the description of a split says. */
function termsOf(row: Attributes): { newShares: Decimal; oldShares: Decimal } | undefined {
  const text = descriptionOf(row);
  const [, fresh, old] = /SPLIT (\d+(?:\.\d+)?) FOR (\d+(?:\.\d+)?)/i.exec(text) ?? [];
  if (fresh === undefined || old === undefined) return undefined;
  return { newShares: Decimal.parse(fresh), oldShares: Decimal.parse(old) };
}

function baseOf(row: Attributes) {
  const happenedAt: Instant = instantIn(row, 'dateTime', 'reportDate');
  return { actionId: required(row, 'transactionID'), isin: requiredIsin(row), happenedAt };
}

function resized(old: Attributes, fresh: Attributes): BrokerCorporateAction {
  const sharesChange = decimalOrZero(fresh, 'quantity').add(decimalOrZero(old, 'quantity'));
  return { ...baseOf(old), kind: 'split', ...termsOf(old), sharesChange };
}

/** After what else happened to the shares at that time. */
function renamed(old: Attributes, fresh: Attributes): BrokerCorporateAction {
  const { happenedAt, isin } = baseOf(old);
  return {
    ...{ actionId: required(fresh, 'transactionID'), kind: 'rename', isin },
    ...{ newIsin: requiredIsin(fresh), newSymbol: required(fresh, 'symbol') },
    happenedAt: later(happenedAt, 1),
  };
}

function merged(old: Attributes, fresh: Attributes, account: Currency): FlexActions {
  const taken = { newIsin: requiredIsin(fresh), newSymbol: required(fresh, 'symbol') };
  const action: BrokerCorporateAction = {
    ...{ ...baseOf(old), kind: 'merger', ...taken },
    ...{ sharesChange: decimalOrZero(old, 'quantity').normalize() },
    sharesReceived: decimalOrZero(fresh, 'quantity').normalize(),
  };
  return paidFor(action, [old, fresh], account);
}

function actionOf(row: Attributes, account: Currency): FlexActions {
  const change = decimalOrZero(row, 'quantity');
  const changed = change.sign === 0 ? {} : { sharesChange: change };
  const action = { ...baseOf(row), kind: kindOf(row), ...termsOf(row), ...changed };
  return action.kind === 'merger' && change.sign < 0
    ? paidFor(action, [row], account)
    : withCash([row], account, [action]);
}

/**
 * Cash for shares is part of the action: it realises a gain. Without a rate into the account's currency it is
 * income.
 */
function paidFor(
  action: BrokerCorporateAction,
  rows: readonly Attributes[],
  account: Currency,
): FlexActions {
  const paying = rows.filter((row) => proceedsOf(row).sign !== 0);
  const [row] = paying;
  const rate = row && rateToBase(row, account);
  if (!row || !rate || paying.length > 1) return withCash(rows, account, [action]);
  const paid = proceedsOf(row);
  const cash = flexMoney(paid.amount.multiply(rate), account);
  const flows = paid.currency === account ? [] : conversionOf(action, cash, paid);
  return { actions: [{ ...action, cash }], flows };
}

/** Paid in another currency: its balance has moved, and the account's own has not. */
function conversionOf(
  { actionId, happenedAt }: BrokerCorporateAction,
  cash: Money,
  paid: Money,
): BrokerFlow[] {
  const [own, other] = [`${actionId}-settled`, `${actionId}-paid`];
  const base = { kind: 'conversion', happenedAt } as const;
  return [
    { ...base, flowId: own, amount: cash.negate(), relatedFlowId: other },
    { ...base, flowId: other, amount: paid, relatedFlowId: own },
  ];
}

/** Cash in lieu of a fraction, and whatever else was paid with it, is income from the security. */
function withCash(
  rows: readonly Attributes[],
  account: Currency,
  actions: readonly BrokerCorporateAction[],
): FlexActions {
  const flows = rows.flatMap((row): BrokerFlow[] => {
    const amount = proceedsOf(row);
    const { actionId, isin, happenedAt } = baseOf(row);
    const rate = amount.currency === account ? undefined : rateToBase(row, account);
    const paid = { flowId: `${actionId}-cash`, kind: 'dividend', amount, isin } as const;
    return amount.sign === 0 ? [] : [{ ...paid, happenedAt, ...(rate && { exchangeRate: rate }) }];
  });
  return { actions, flows };
}

function proceedsOf(row: Attributes): Money {
  return flexMoney(decimalOrZero(row, 'proceeds'), currencyIn(row));
}
