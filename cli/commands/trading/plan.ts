/** `trader plan [ID]`: a plan in words, with what is not done and why; `trader why SYMBOL`: one security. */
import type { Command } from 'commander';
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import type { Plan } from '#protos/gen/planning.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { planning } from '#shared/contract/planning.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation, type Ask } from '../../gateway-client.ts';
import { complain, output, type OutputOptions } from '../../output.ts';
import { moneyText } from '#gateway/embedded/console/cycle-text.ts';
import { modeText, notTakenLine, percentText, planLines } from '../../overview-text.ts';
import { ANSWER_MS_MAX } from '../account/status.ts';

interface PlanOptions extends OutputOptions {
  readonly account: string;
  readonly not?: boolean;
  readonly full?: boolean;
}

export function plan(trader: Command): void {
  trader
    .command('plan')
    .description('shows the latest plan, or one by its id')
    .argument('[id]', 'id of the plan')
    .option('--not', 'every order that is not made, and why')
    .option('--full', 'the whole reason of every order')
    .option('--account <id>', 'another account than the default one', '')
    .option('--json', 'writes one JSON document')
    .action(runPlan);
  trader
    .command('why')
    .description('says why a security is held, bought, sold or left alone')
    .argument('<symbol>', 'symbol or ISIN')
    .option('--account <id>', 'another account than the default one', '')
    .option('--json', 'writes one JSON document')
    .action(runWhy);
}

async function runPlan(id: string | undefined, options: PlanOptions): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const found = await findPlan(ask, id, options.account);
  if (!found) {
    complain(`there is no plan${id === undefined ? ' yet' : ` ${id}`}`);
    process.exitCode = commandExitCodes.notThere;
    return;
  }
  const detail = { not: options.not === true, full: options.full === true };
  output(options, found, planLines(found, detail));
}

async function findPlan(
  ask: Ask,
  id: string | undefined,
  accountId: string,
): Promise<Plan | undefined> {
  if (id === undefined) return (await ask(gateway.getOverview, { accountId })).plan;
  return (await ask(planning.getPlan, { planId: id })).plan;
}

interface WhyOptions extends OutputOptions {
  readonly account: string;
}

/** More than any account holds. */
const ROWS_MAX = 10_000;

async function runWhy(symbol: string, options: WhyOptions): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const request = { accountId: options.account, rowsMax: ROWS_MAX };
  const found = whyOf(await ask(gateway.getOverview, request), symbol);
  if (found) return output(options, found.document, found.lines);
  complain(`nothing is known of ${symbol}: it is not held and in no plan`);
  process.exitCode = commandExitCodes.notThere;
}

function whyOf(overview: GetOverviewResponse, symbol: string) {
  const isIt = (one: { readonly symbol: string; readonly isin: string }): boolean =>
    [one.symbol, one.isin].some((name) => name.toUpperCase() === symbol.toUpperCase());
  const holding = overview.holdings.find(isIt);
  const actions = overview.plan?.actions.filter(isIt) ?? [];
  const notTaken = overview.plan?.notTaken.filter(isIt) ?? [];
  const orders = overview.orders.filter((order) => order.symbol === holding?.symbol);
  if (!holding && actions.length === 0 && notTaken.length === 0) return undefined;
  const lines = [
    `${modeText(overview)}  ${holding?.symbol ?? symbol.toUpperCase()}  ${holding?.name ?? ''}`.trimEnd(),
    ...(holding
      ? [
          Number(holding.quantity) === 0
            ? 'Not held.'
            : `Held ${holding.quantity}, value ${moneyText(holding.value)}, gain ${moneyText(holding.gain)} (${percentText(holding.gainRatio)})`,
          `Share of the value ${percentText(holding.weightRatio)}, target ${percentText(holding.targetRatio)}`,
        ]
      : ['Not held.']),
    ...(overview.plan ? [`In the plan ${overview.plan.id}:`] : []),
    ...actions.map(({ reason }) => `  ${reason}`),
    ...notTaken.map(notTakenLine),
    ...orders.map(
      ({ tradeId, side, quantity, state, message }) =>
        `Order ${tradeId}: ${side.toLowerCase()} ${quantity}, ${state.toLowerCase()}${message === '' ? '' : `: ${message}`}`,
    ),
  ];
  return { lines, document: { holding: holding ?? null, actions, notTaken, orders } };
}
