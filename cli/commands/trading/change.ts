/** `trader change`: leaves out or reduces orders of a plan that waits. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { ChangePlanResponse, Proposal } from '#protos/gen/gateway.ts';
import type { Plan } from '#protos/gen/planning.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { agreed, nothingChanged } from '../../agreed.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output } from '../../output.ts';
import { boundTo, common, proposalOf, requireTerminal } from './answer.ts';
import { money } from './proposal-text.ts';

interface Options {
  readonly account: string;
  readonly leaveOut?: readonly string[];
  readonly order?: readonly string[];
  readonly digest?: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** The remaining orders are evaluated again, which takes as long as a plan. */
const CHANGE_MS_MAX = 300_000;

export function change(trader: Command): void {
  common(trader.command('change'))
    .description('leaves out or reduces orders of a plan; what is left waits for your approval')
    .argument('[plan]', 'the plan; the one that waits, where it is left out')
    .option('--leave-out <security...>', 'orders to leave out, by symbol or ISIN')
    .option('--order <security=shares...>', 'orders to reduce, as LUMR=2')
    .option('--dry-run', 'shows what it would lead to')
    .option('--digest <characters>', 'at least the first 8, in place of a question')
    .action(run);
}

async function run(plan: string | undefined, options: Options): Promise<void> {
  const proposal = await proposalOf(plan, options.account);
  const quantities = quantitiesOf(proposal, options);
  const request = { ...boundTo(proposal), digest: options.digest ?? proposal.digest, quantities };
  const ask = openInstallation(CHANGE_MS_MAX);
  const tried = await ask(gateway.changePlan, { ...request, dryRun: true });
  if (options.dryRun) return output(options, tried, effects(tried));
  if (options.digest === undefined && !(await isConfirmed(proposal, tried)))
    return nothingChanged();
  const key = { idempotencyKey: randomUUID() };
  const done = await ask(gateway.changePlan, { ...request, dryRun: false }, key);
  const digest = done.proposal?.digest.slice(0, 8) ?? '';
  const next = `trader approve ${done.proposal?.planId ?? ''} --digest ${digest}`;
  output(options, done, [...effects(done), done.message, `Approve it: ${next}`]);
}

/** @throws Failure INVALID_REQUEST naming the option */
function quantitiesOf(proposal: Proposal, { leaveOut = [], order = [] }: Options) {
  if (leaveOut.length + order.length === 0)
    throw invalidRequest({ field: '--leave-out', message: 'or --order names what is changed' });
  const left = leaveOut.map((name) => [isinIn(proposal, '--leave-out', name), '0'] as const);
  const reduced = order.map((text) => {
    const [, name, shares] = /^([^=]+)=(.+)$/.exec(text) ?? [];
    if (name === undefined || shares === undefined)
      throw invalidRequest({ field: '--order', message: `is as LUMR=2, and ${text} is not` });
    return [isinIn(proposal, '--order', name), shares] as const;
  });
  return Object.fromEntries([...left, ...reduced]);
}

function isinIn({ planId, plan }: Proposal, field: string, name: string): string {
  const requested = name.toUpperCase();
  const found = plan?.actions.find(
    ({ isin, symbol }) => isin === requested || symbol.toUpperCase() === requested,
  );
  if (found) return found.isin;
  throw invalidRequest({ field, message: `the plan ${planId} has no order of ${name}` });
}

function effects({ before, after }: ChangePlanResponse): string[] {
  if (!before || !after) return [];
  return [
    ...before.actions.flatMap(({ isin, side, symbol, quantity }) => {
      const left = after.actions.find((one) => one.isin === isin);
      const what = `  ${side.padEnd(4)} ${symbol}`;
      if (!left) return [`${what}  left out (was ${quantity})`];
      return left.quantity === quantity ? [] : [`${what}  ${quantity} → ${left.quantity}`];
    }),
    `  orders ${before.actions.length} → ${after.actions.length}`,
    `  cost   ${money(before.expectedCost)} → ${money(after.expectedCost)}`,
    `  cash   ${money(before.cashAfter)} → ${money(after.cashAfter)} afterwards`,
    `  better by about ${percent(before)} → ${percent(after)} a year (estimate)`,
  ];
}

function percent({ score }: Plan): string {
  return `${(score * 100).toFixed(2)} %`;
}

function isConfirmed(proposal: Proposal, tried: ChangePlanResponse): Promise<boolean> {
  requireTerminal(proposal);
  return agreed('Put this plan in its place?', effects(tried));
}
