/** The overview as lines for a terminal, from the answer alone. */
import { moneyText } from '#gateway/embedded/console/cycle-text.ts';
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import type { NotTaken, Plan, PlannedAction } from '#protos/gen/planning.ts';
import { commandExitCodes } from './command-exit-codes.ts';

const NOTHING = '–';

export function percentText(ratio: number | undefined): string {
  return ratio === undefined ? NOTHING : `${(ratio * 100).toFixed(1)} %`;
}

/** `Mon 30 Nov 07:00 UTC` */
export function momentText(timestamp: { readonly seconds: string } | undefined): string {
  if (!timestamp) return NOTHING;
  const text = new Date(Number(timestamp.seconds) * 1000).toUTCString();
  return `${text.slice(0, 3)} ${text.slice(5, 11)} ${text.slice(17, 22)} UTC`;
}

const signs: Readonly<Record<string, string>> = {
  healthy: '✓',
  working: '…',
  waiting: '●',
  halted: '■',
  reducing: '▽',
};

/** Whether money is real comes first, always. */
export function statusText(overview: GetOverviewResponse): string[] {
  const { standing, trading, value, services, plan } = overview;
  const code = standing?.code ?? '';
  const well = services.filter(({ healthy }) => healthy).length;
  const boards = new Set(services.map(({ board }) => board)).size;
  return [
    `${modeText(overview)}  ${signs[code] ?? '!'} ${standing?.message ?? 'Nothing is known.'}`,
    ...(standing?.complaints ?? []).map((text) => `  ! ${text}`),
    `Value ${moneyText(value?.total)}${gainText(overview)}, cash ${[value?.cash, ...(value?.otherCash ?? [])].map(moneyText).join(' and ')}; prices of ${value?.pricesDay || NOTHING}`,
    `Next cycle ${momentText(standing?.nextCycleAt)} · trading ${trading?.state || 'unknown'} · ${well} of ${services.length} services on ${boards === 1 ? 'one board' : `${boards} boards`}`,
    `Latest plan ${plan ? `${plan.status.toLowerCase()}, ${plan.actions.length} orders: ${plan.id}` : 'none'}`,
    ...(trading?.openOrders ?? []).map(
      ({ tradeId, side, quantity, symbol, state }) =>
        `  at the broker: ${tradeId} ${side.toLowerCase()} ${quantity} ${symbol} (${state})`,
    ),
  ];
}

export function modeText({ trading }: GetOverviewResponse): string {
  return trading?.practice === false ? 'REAL' : 'PRACTICE';
}

function gainText({ value }: GetOverviewResponse): string {
  if (!value?.gain) return '';
  const sign = value.gain.amount.startsWith('-') ? '' : '+';
  return ` (${sign}${percentText(value.gainRatio)})`;
}

/** For scripts: what has to be done, as a number. */
export function statusExitCode({ standing, trading }: GetOverviewResponse): number {
  if (trading?.state === 'HALTED' || trading?.state === 'REDUCING') return commandExitCodes.halted;
  if (standing?.code === 'waiting') return commandExitCodes.waiting;
  return ['healthy', 'working'].includes(standing?.code ?? '')
    ? commandExitCodes.ok
    : commandExitCodes.degraded;
}

export interface PlanDetail {
  /** Every order that is not made, with its reason. */
  readonly not: boolean;
  /** The whole reason of each order. */
  readonly full: boolean;
}

export function planLines(plan: Plan, { not, full }: PlanDetail): string[] {
  const { actions, notTaken } = plan;
  return [
    `Plan ${plan.id}, ${plan.status.toLowerCase()}, made ${momentText(plan.createdAt)}`,
    ...(plan.summary === '' ? [] : [grouped(plan.summary)]),
    ...plan.warnings.map((warning) => `Warning: ${warning}`),
    ...orderLines(actions, full),
    `Cash ${moneyText(plan.cashBefore)} → ${moneyText(plan.cashAfter)}, cost ${moneyText(plan.expectedCost)}`,
    ...(not ? notTaken.map(notTakenLine) : notTakenCount(notTaken)),
  ];
}

/** A line an order, in columns: shares to the right before the symbol, then value, cost, and share of the value. */
function orderLines(actions: readonly PlannedAction[], full: boolean): string[] {
  const rows = actions.map(orderCells);
  const widths = [0, 1, 2, 3, 4].map((at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  const padded = ([quantity = '', symbol = '', value = '', cost = '', shares = '']: string[]) =>
    `${quantity.padStart(widths[0] ?? 0)} ${symbol.padEnd(widths[1] ?? 0)}  ${value.padStart(widths[2] ?? 0)}  cost ${cost.padStart(widths[3] ?? 0)}  ${shares.padStart(widths[4] ?? 0)}`;
  return actions.flatMap(({ side, reason }, index) => {
    const verb = side === 'SELL' ? 'Sell' : 'Buy ';
    const line = `${String(index + 1).padStart(2)} ${verb} ${padded(rows[index] ?? [])}`;
    return full ? [line, `    ${grouped(reason)}`] : [line];
  });
}

function orderCells(action: PlannedAction): string[] {
  const { quantity, symbol, value, estimatedCost, weightBeforeRatio, weightAfterRatio } = action;
  const before = percentText(weightBeforeRatio).replace(' %', '');
  const shares = `${before} → ${percentText(weightAfterRatio)}`;
  // The cost is in the account's currency, as the value is.
  const cost = estimatedCost?.currency === value?.currency ? estimatedCost?.amount : undefined;
  return [String(quantity), symbol, moneyText(value), cost ?? moneyText(estimatedCost), shares];
}

/** Amounts of the planner's sentences as those beside them: `EUR 24353.05` → `EUR 24,353.05`. */
function grouped(sentence: string): string {
  return sentence.replaceAll(
    /\b([A-Z]{3}) (-?\d+\.\d+)\b/g,
    (_all, currency: string, amount: string) => moneyText({ amount, currency }),
  );
}

export function notTakenLine({ side, symbol, rule, reason }: NotTaken): string {
  const verb = side === 'SELL' ? 'sell ' : side === 'BUY' ? 'buy ' : '';
  return `  not ${verb}${symbol} (${rule}): ${grouped(reason)}`;
}

function notTakenCount(notTaken: readonly NotTaken[]): string[] {
  return notTaken.length === 0 ? [] : [`Not done: ${notTaken.length}; trader plan --not says why`];
}
