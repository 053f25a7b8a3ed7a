/**
 * Portfolio Performance's own file, as XML. An element is written once; elsewhere it is a `reference` to it, by id or
 * by path. A purchase or sale is in the portfolio's transactions with all its costs; its leg in the account is skipped.
 * Amounts are in hundredths, shares in hundred-millionths.
 */
import sax from 'sax';
import { Decimal } from '#shared/kernel/decimal.ts';
import { attempt } from './csv-rows.ts';
import { moment } from './moments.ts';
import type {
  ImportFormat,
  LeftRow,
  Read,
  ImportedTransaction,
  TransactionKind,
} from './transaction.ts';
import { wrong } from '../wrong.ts';

interface XmlNode {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly parent: XmlNode | undefined;
  readonly children: XmlNode[];
  text: string;
}

const SHARE_DECIMALS = 8;
const AMOUNT_DECIMALS = 2;

const accountKinds: Readonly<Record<string, TransactionKind>> = {
  ...{ DEPOSIT: 'deposit', REMOVAL: 'withdrawal', DIVIDENDS: 'dividend', INTEREST: 'interest' },
  ...{
    INTEREST_CHARGE: 'interest',
    FEES: 'fee',
    FEES_REFUND: 'fee',
    TAXES: 'tax',
    TAX_REFUND: 'tax',
  },
};
const portfolioKinds: Readonly<Record<string, TransactionKind>> = {
  ...{ BUY: 'buy', SELL: 'sell' },
  ...{ DELIVERY_INBOUND: 'transfer-in', DELIVERY_OUTBOUND: 'transfer-out' },
};
const outgoing: ReadonlySet<string> = new Set([
  'BUY',
  'REMOVAL',
  'INTEREST_CHARGE',
  'FEES',
  'TAXES',
  'TRANSFER_OUT',
]);
/** Of one depot or account into another, and the legs of trades in the account. */
const inside: ReadonlySet<string> = new Set(['TRANSFER_IN', 'TRANSFER_OUT']);

export const portfolioPerformanceXml: ImportFormat = {
  name: 'portfolio-performance-xml',
  countsInSharesOfToday: true,
  recognises: ({ text }) => /^\s*(<\?xml[^>]*>\s*)?<client[\s>]/.test(text),
  parse: ({ text }) => {
    const read = attempt(() => readXml(text));
    if (typeof read === 'string') return { transactions: [], left: [{ line: 1, reason: read }] };
    const transactions: ImportedTransaction[] = [];
    const left: LeftRow[] = [];
    let line = 0;
    for (const node of read.nodes) {
      const isPortfolio = /^portfolio-?transaction$/i.test(node.name);
      if (!isPortfolio && !/^(account-?transaction|transaction(From|To))$/i.test(node.name))
        continue;
      if (childOf(node, 'uuid') === undefined) continue;
      line += 1;
      const found = attempt(() => transactionOf(node, isPortfolio, read.ids));
      if (typeof found === 'string') left.push({ line, reason: found });
      else if (found) transactions.push({ ...found, line, content: found.rowId ?? '' });
    }
    return { transactions, left };
  },
};

function transactionOf(
  node: XmlNode,
  isPortfolio: boolean,
  ids: ReadonlyMap<string, XmlNode>,
): Exclude<Read, string> | undefined {
  const type = textIn(node, 'type');
  const isExchange = inside.has(type) && !isPortfolio && isBetweenCurrencies(node, ids);
  if ((inside.has(type) && !isExchange) || (!isPortfolio && portfolioKinds[type])) return undefined;
  const kind = isExchange ? 'conversion' : (isPortfolio ? portfolioKinds : accountKinds)[type];
  if (!kind) throw wrong(`type "${type}" is not booked`);
  const currency = textIn(node, 'currencyCode');
  const security = resolved(childOf(node, 'security'), ids);
  const value = scaled(textIn(node, 'amount'), AMOUNT_DECIMALS);
  const shares = scaled(textIn(node, 'shares') || '0', SHARE_DECIMALS);
  const [fees, taxes] = [unitsIn(node, 'FEE', currency), unitsIn(node, 'TAX', currency)];
  const isTrade = kind === 'buy' || kind === 'sell';
  const isTransfer = kind === 'transfer-in' || kind === 'transfer-out';
  const costs = fees.add(taxes);
  const worth = kind === 'sell' ? value.add(costs) : value.subtract(costs);
  const hasPrice = shares.sign > 0 && worth.sign > 0 && (isTrade || kind === 'transfer-in');
  return {
    kind,
    at: moment(textIn(node, 'date')),
    rowId: textIn(node, 'uuid'),
    isin: security ? textIn(security, 'isin') || undefined : undefined,
    symbol: security ? textIn(security, 'tickerSymbol') || undefined : undefined,
    quantity: isTrade || isTransfer ? shares : undefined,
    price: hasPrice
      ? { amount: worth.divide(shares, SHARE_DECIMALS, 'half-even').normalize(), currency }
      : undefined,
    cash: isTransfer ? Decimal.zero : outgoing.has(type) ? value.negate() : value,
    currency,
    charges: isTrade ? costs : undefined,
    tax: kind === 'dividend' || kind === 'interest' ? taxes : undefined,
    note: kind === 'deposit' || kind === 'withdrawal' ? textIn(node, 'note') : undefined,
  };
}

/** A transfer whose other side is in another currency. */
function isBetweenCurrencies(node: XmlNode, ids: ReadonlyMap<string, XmlNode>): boolean {
  const entry = resolved(childOf(node, 'crossEntry'), ids) ?? node.parent;
  const sides = ['transactionFrom', 'transactionTo'].flatMap(
    (name) => (entry && resolved(childOf(entry, name), ids)) ?? [],
  );
  const own = textIn(node, 'currencyCode');
  const others = sides.map((side) => textIn(side, 'currencyCode')).filter(Boolean);
  return others.some((currency) => currency !== own);
}

/** Only units in the transaction's own currency are part of its amount in numbers. */
function unitsIn(node: XmlNode, type: string, currency: string): Decimal {
  const units = childOf(node, 'units')?.children ?? [];
  return units
    .filter(({ attributes }) => attributes['type'] === type)
    .flatMap((unit) => childOf(unit, 'amount') ?? [])
    .filter(({ attributes }) => attributes['currency'] === currency)
    .reduce(
      (sum, { attributes }) => sum.add(scaled(attributes['amount'] ?? '0', AMOUNT_DECIMALS)),
      Decimal.zero,
    );
}

function scaled(digits: string, decimals: number): Decimal {
  if (!/^-?\d+$/.test(digits)) throw wrong(`"${digits.slice(0, 30)}" is not a whole number`);
  return new Decimal(BigInt(digits), decimals).normalize();
}

function childOf(node: XmlNode, name: string): XmlNode | undefined {
  return node.children.find((child) => child.name === name);
}

function textIn(node: XmlNode, name: string): string {
  return childOf(node, name)?.text.trim() ?? '';
}

/** What a reference stands for: an id, or a path of `..` and names with a number. */
function resolved(
  node: XmlNode | undefined,
  ids: ReadonlyMap<string, XmlNode>,
): XmlNode | undefined {
  const reference = node?.attributes['reference'];
  if (node === undefined || reference === undefined) return node;
  if (/^\d+$/.test(reference)) return ids.get(reference);
  return reference.split('/').reduce<XmlNode | undefined>(step, node);
}

function step(from: XmlNode | undefined, part: string): XmlNode | undefined {
  if (part === '..') return from?.parent;
  const [, name = '', place = '1'] = /^([\w-]+)(?:\[(\d+)\])?$/.exec(part) ?? [];
  return from?.children.filter((child) => child.name === name)[Number(place) - 1];
}

function readXml(text: string) {
  const nodes: XmlNode[] = [];
  const ids = new Map<string, XmlNode>();
  let open: XmlNode | undefined;
  const reader = sax.parser(true);
  reader.onerror = () => {
    throw wrong('it is not well-formed XML');
  };
  reader.onopentag = ({ name, attributes }) => {
    const node: XmlNode = {
      ...{ name, attributes: attributes as Record<string, string>, parent: open },
      ...{ children: [], text: '' },
    };
    open?.children.push(node);
    nodes.push(node);
    const { id } = node.attributes;
    if (id !== undefined) ids.set(id, node);
    open = node;
  };
  reader.ontext = (piece) => {
    if (open) open.text += piece;
  };
  reader.onclosetag = () => {
    open = open?.parent;
  };
  reader.write(text).close();
  return { nodes, ids };
}
