/** The outcome of a cycle as text, from wire messages alone. */
import { percent } from '#shared/kernel/text.ts';
import type { Money } from '#protos/gen/common/common.ts';
import type {
  PortfolioHolding,
  PortfolioSnapshot,
  TradeResult,
  TradingCycleResult,
} from '#protos/gen/gateway.ts';
import type { NotTaken, Plan, PlannedAction } from '#protos/gen/planning.ts';

const NOT_TAKEN_SHOWN = 5;
const NOTHING = '–';

/** `{ amount: "25000.00", currency: "EUR" }` → `EUR 25,000.00` */
export function moneyText(money: Money | undefined): string {
  if (!money) return NOTHING;
  const [whole = '', fraction] = money.amount.split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return `${money.currency} ${fraction === undefined ? grouped : `${grouped}.${fraction}`}`;
}

/** 5 → `  5 %` */
export function percentColumn(pct: number): string {
  return `${String(pct).padStart(3)} %`;
}

export function cycleText(result: TradingCycleResult): string[] {
  return [
    ...(result.plan ? planText(result.plan, result.dryRun) : []),
    ...(result.dryRun ? [] : failuresText(result.trades)),
    ...pricesText(result),
    '',
    ...portfolioTable(result.before, result.dryRun ? undefined : result.after),
  ];
}

/** @internal exported for its tests */
export function planText(plan: Plan, dryRun: boolean): string[] {
  const { actions } = plan;
  const orders = actions.length === 1 ? 'one order' : `${actions.length} orders`;
  const head = dryRun ? `Plan ${plan.id}: ${orders}, not sent` : `Plan ${plan.id}: ${orders}`;
  return [
    actions.length === 0 ? `Plan ${plan.id}: nothing to buy or sell` : head,
    ...(plan.summary === '' ? [] : [`  ${plan.summary}`]),
    ...plan.warnings.map((warning) => `  Warning: ${warning}`),
    ...actions.flatMap(actionText),
    ...notTakenText(plan.notTaken),
  ];
}

function actionText(action: PlannedAction, index: number): string[] {
  const { side, quantity, symbol, estimatedPrice, value, estimatedCost, reason } = action;
  return [
    `  ${index + 1}. ${side} ${quantity} ${symbol} at ${moneyText(estimatedPrice)}, ` +
      `value ${moneyText(value)}, cost ${moneyText(estimatedCost)}`,
    `     ${reason}`,
  ];
}

/** The first few in full, the rest counted by rule. */
function notTakenText(notTaken: readonly NotTaken[]): string[] {
  if (notTaken.length === 0) return [];
  const evaluatedFirst = [...notTaken].sort(
    (a, b) => Number(notEvaluated(a)) - Number(notEvaluated(b)),
  );
  const shown = evaluatedFirst.slice(0, NOT_TAKEN_SHOWN);
  const rest = countByRule(evaluatedFirst.slice(NOT_TAKEN_SHOWN));
  return [
    '',
    'Not taken, and why',
    ...shown.map((one) => `  ${candidateText(one)}`),
    ...(rest === '' ? [] : [`  and ${notTaken.length - shown.length} more: ${rest}`]),
  ];
}

function candidateText(candidate: NotTaken): string {
  const { side, symbol, rule, reason } = candidate;
  return `${notEvaluated(candidate) ? symbol : `${side} ${symbol}`} (${rule}): ${reason}`;
}

/** Not a candidate for buying or selling; the evaluated ones are more informative. */
function notEvaluated({ side }: NotTaken): boolean {
  return side === 'TRADE_SIDE_UNSPECIFIED';
}

function countByRule(notTaken: readonly NotTaken[]): string {
  const counts = new Map<string, number>();
  for (const { rule } of notTaken) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return [...counts]
    .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
    .map(([rule, count]) => `${count} × ${rule}`)
    .join(', ');
}

export function failuresText(trades: readonly TradeResult[]): string[] {
  const failed = trades.filter((trade) => !trade.success);
  if (failed.length === 0) return [];
  return [
    '',
    'Did not go through',
    ...failed.map(({ side, symbol, error }) => `  ${side} ${symbol}: ${error}`),
  ];
}

const BARS_SHOWN = 10;

/** Bars that were set aside, and doubts with what only the owner can answer. */
export function pricesText({ setAsideBars, priceDoubts }: TradingCycleResult): string[] {
  if (setAsideBars.length + priceDoubts.length === 0) return [];
  const more = setAsideBars.length - BARS_SHOWN;
  return [
    '',
    'Prices that are not used or in doubt',
    ...setAsideBars.slice(0, BARS_SHOWN).map(({ symbol, day, origin, reason }) => {
      const where = origin === '' ? day : `${day}, ${origin}`;
      return `  ${symbol}: the bar of ${where} is set aside: ${reason}`;
    }),
    ...(more > 0 ? [`  and ${more} more bars that were set aside`] : []),
    ...priceDoubts.map(({ symbol, reason, question }) =>
      `  ${symbol}: ${reason} ${question}`.trimEnd(),
    ),
  ];
}

/**
 * What was held and what is; the largest first, cash and the total at the end.
 * @internal exported for its tests
 */
export function portfolioTable(
  before: PortfolioSnapshot | undefined,
  after: PortfolioSnapshot | undefined,
): string[] {
  const sides = after ? [before, after] : [before];
  const last = after ?? before;
  const symbols = symbolsOf(last, before);
  const head = after ? ['', 'before', '', '', 'after', '', ''] : ['', 'shares', 'value', 'weight'];
  const rows = [
    head,
    ...symbols.map(({ isin, symbol }) => [
      symbol,
      ...sides.flatMap((side) => holdingCells(side?.holdings.find((one) => one.isin === isin))),
    ]),
    ['cash', ...sides.flatMap((side) => ['', moneyText(side?.cash), cashWeight(side)])],
    ['total', ...sides.flatMap((side) => ['', moneyText(side?.totalValue), ''])],
  ];
  return ['Portfolio', ...aligned(rows)];
}

function symbolsOf(...snapshots: (PortfolioSnapshot | undefined)[]): PortfolioHolding[] {
  const byIsin = new Map<string, PortfolioHolding>();
  for (const holding of snapshots.flatMap((snapshot) => snapshot?.holdings ?? []))
    if (!byIsin.has(holding.isin)) byIsin.set(holding.isin, holding);
  return [...byIsin.values()].sort((a, b) => b.weightRatio - a.weightRatio);
}

function holdingCells(holding: PortfolioHolding | undefined): string[] {
  if (!holding) return [NOTHING, '', ''];
  const { quantity, marketValue, weightRatio } = holding;
  return [String(quantity), moneyText(marketValue), percent(weightRatio)];
}

function cashWeight(snapshot: PortfolioSnapshot | undefined): string {
  const weights = snapshot?.holdings.map(({ weightRatio }) => weightRatio) ?? [];
  return snapshot ? percent(1 - weights.reduce((sum, weight) => sum + weight, 0)) : '';
}

/** First column to the left, all others to the right. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_cell, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) =>
    `  ${row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')}`.trimEnd(),
  );
}

export interface Addresses {
  readonly gatewayUrl: string;
  readonly tokensDir: string;
  readonly passwordDir: string;
  /** Absent where it cannot be written. */
  readonly logFile: string | undefined;
  /** Whether the function of the page is deployed. */
  readonly hasPage: boolean;
}

/** What to do next; the page's address last, where it is most visible. */
export function nextText(addresses: Addresses): string[] {
  const { gatewayUrl, tokensDir, passwordDir, logFile, hasPage } = addresses;
  return [
    'Where to look next',
    '  State   npx trader status',
    '  Why     npx trader why SYMBOL',
    '  Stop    npx trader halt',
    `  Calls   curl -s -X POST ${gatewayUrl}/function/portfolio-get-summary`,
    `  Tokens  ${tokensDir}`,
    `  Functions  ${gatewayUrl}/ui/, password in ${passwordDir}`,
    ...(logFile === undefined ? [] : [`  Log     ${logFile}`]),
    '  Docs    docs/start.md says what runs here, docs/use/operations.md what can be called',
    ...(hasPage ? [`  Page    ${gatewayUrl}/trader/      sign in with: npx trader password`] : []),
  ];
}
