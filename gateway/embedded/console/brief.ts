/** The outcome of a cycle in some twenty lines: what was bought, at what cost, to what effect. */
import { percent } from '#shared/kernel/text.ts';
import type { PortfolioSnapshot, TradingCycleResult } from '#protos/gen/gateway.ts';
import type { NotTaken, Plan, PlannedAction } from '#protos/gen/planning.ts';
import { aligned, failuresText, moneyText, pricesText } from './cycle-text.ts';

const ACTIONS_SHOWN = 12;

export function briefText(result: TradingCycleResult): string[] {
  const { plan, dryRun } = result;
  return [
    ...(plan ? planLines(plan, dryRun) : []),
    ...(dryRun ? [] : failuresText(result.trades)),
    ...pricesText(result),
    '',
    ...effectTable(result.before, dryRun ? undefined : result.after),
    ...(plan && plan.actions.length > 0 ? ['', estimate(plan)] : []),
  ];
}

function planLines(plan: Plan, dryRun: boolean): string[] {
  const { actions, notTaken, warnings } = plan;
  const sells = actions.filter(({ side }) => side === 'SELL').length;
  const verb = sells === 0 ? 'buys' : sells === actions.length ? 'sells' : 'buys and sells';
  const head = dryRun ? `What it would do: it ${verb}, and no order was sent` : `What it ${verb}`;
  return [
    ...(actions.length === 0 ? ['Nothing to buy or sell.'] : [head, ...actionTable(actions)]),
    ...warnings.map((warning) => `Warning: ${warning}`),
    ...(notTaken.length === 0 ? [] : [notTakenLine(notTaken)]),
  ];
}

function actionTable(actions: readonly PlannedAction[]): string[] {
  const rows = actions
    .slice(0, ACTIONS_SHOWN)
    .map((action) => [
      action.side === 'SELL' ? 'sell' : 'buy',
      String(action.quantity),
      action.symbol,
      moneyText(action.value),
      `${percent(action.weightBeforeRatio)} → ${percent(action.weightAfterRatio)}`,
      moneyText(action.estimatedCost),
    ]);
  const more = actions.length - rows.length;
  return [
    ...aligned([['', 'shares', '', 'value', 'share of all', 'cost'], ...rows]),
    ...(more > 0 ? [`  and ${more} more: trader plan`] : []),
  ];
}

/** Rules are shown by their codes; the command explains each. */
function notTakenLine(notTaken: readonly NotTaken[]): string {
  const counts = new Map<string, number>();
  for (const { rule } of notTaken) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  const parts = [...counts]
    .sort(([, a], [, b]) => b - a)
    .map(([rule, count]) => `${count} ${rule.replaceAll('-', ' ')}`);
  return `Not done: ${notTaken.length} (${parts.join(', ')}): trader plan --not`;
}

function effectTable(
  before: PortfolioSnapshot | undefined,
  after: PortfolioSnapshot | undefined,
): string[] {
  const sides = after ? [before, after] : [before];
  const row = (name: string, of: (side: PortfolioSnapshot | undefined) => string): string[] => [
    name,
    ...sides.map(of),
  ];
  return aligned([
    after ? ['', 'before', 'after'] : ['', 'now'],
    row('cash', (side) => moneyText(side?.cash)),
    row('securities', (side) => String(side?.holdings.length ?? 0)),
    row('total', (side) => moneyText(side?.totalValue)),
  ]);
}

function estimate({ score, expectedCost, actions }: Plan): string {
  const orders = actions.length === 1 ? 'one order' : `${actions.length} orders`;
  return `Estimate: about ${percent(score)} a year better than leaving it, for ${orders} and a cost of ${moneyText(expectedCost)}. Not a promise. Why each: trader plan --full`;
}
