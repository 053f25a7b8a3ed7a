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
    ...(plan.summary === '' ? [] : [plan.summary]),
    ...plan.warnings.map((warning) => `Warning: ${warning}`),
    ...actions.flatMap((action, index) => actionLines(action, index, full)),
    `Cash ${moneyText(plan.cashBefore)} → ${moneyText(plan.cashAfter)}, cost ${moneyText(plan.expectedCost)}`,
    ...(not ? notTaken.map(notTakenLine) : notTakenCount(notTaken)),
  ];
}

function actionLines(action: PlannedAction, index: number, full: boolean): string[] {
  const { side, quantity, symbol, value, estimatedCost, reason } = action;
  const shares = `${percentText(action.weightBeforeRatio)} → ${percentText(action.weightAfterRatio)}`;
  const line = `${String(index + 1).padStart(3)} ${side === 'SELL' ? 'Sell' : 'Buy'} ${quantity} ${symbol}  ${moneyText(value)}  cost ${moneyText(estimatedCost)}  ${shares}`;
  return full ? [line, `    ${reason}`] : [line];
}

export function notTakenLine({ side, symbol, rule, reason }: NotTaken): string {
  const verb = side === 'SELL' ? 'sell ' : side === 'BUY' ? 'buy ' : '';
  return `  not ${verb}${symbol} (${rule}): ${reason}`;
}

function notTakenCount(notTaken: readonly NotTaken[]): string[] {
  return notTaken.length === 0 ? [] : [`Not done: ${notTaken.length}; trader plan --not says why`];
}
