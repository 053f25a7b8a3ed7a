/** `trader proposals`, `trader approve`, `trader reject`: plans that wait for their owner's answer. */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { AnswerPlanResponse, Proposal } from '#protos/gen/gateway.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { invalidRequest, notFound } from '#shared/kernel/failure.ts';
import { agreed, nothingChanged } from '../../agreed.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output } from '../../output.ts';
import { proposalText } from './proposal-text.ts';

interface Options {
  readonly account: string;
  readonly digest?: string;
  readonly reason?: string;
  readonly state?: string;
  readonly json?: boolean;
}

const ANSWER_MS_MAX = 60_000;
const SHOWN = 20;

export function answer(trader: Command): void {
  common(trader.command('proposals'))
    .description('lists plans that wait for an answer, or did, newest first')
    .option('--state <state>', 'only these: PROPOSED, APPROVED, DONE, REJECTED, EXPIRED, …')
    .action(list);
  common(trader.command('approve'))
    .description('approves exactly the plan of a digest; it is executed at once')
    .argument('[plan]', 'the plan; the one that waits, where it is left out')
    .option('--digest <characters>', 'at least the first 8, in place of a question')
    .action(approve);
  common(trader.command('reject'))
    .description('rejects a plan, or withdraws its approval')
    .argument('[plan]', 'the plan; the one that waits, where it is left out')
    .option('--reason <text>', 'why; it is remembered')
    .action(reject);
}

/** Options of every command about a plan that was put to its owner. */
export function common(command: Command): Command {
  return command
    .option('--account <id>', 'another account than the default one', '')
    .option('--json', 'writes one JSON document');
}

async function list(options: Options): Promise<void> {
  const { account, state = '' } = options;
  const ask = openInstallation(ANSWER_MS_MAX);
  const request = { accountId: account, state, limit: SHOWN };
  const found = await ask(gateway.listProposals, request);
  const lines = found.proposals.flatMap((one) => [...proposalText(one).split('\n'), '']);
  output(options, found, lines.length === 0 ? ['No plan was put to you.'] : lines.slice(0, -1));
}

async function approve(plan: string | undefined, options: Options): Promise<void> {
  const proposal = await proposalOf(plan, options.account);
  const digest = options.digest ?? (await confirmedDigest(proposal));
  if (digest === undefined) return nothingChanged();
  const request = { ...boundTo(proposal), digest };
  const ask = openInstallation(ANSWER_MS_MAX);
  const key = `approve-${proposal.digest.slice(0, 32)}`;
  print(options, await ask(gateway.approvePlan, request, { idempotencyKey: key }));
}

async function reject(plan: string | undefined, options: Options): Promise<void> {
  const proposal = await proposalOf(plan, options.account);
  const request = { ...boundTo(proposal), digest: proposal.digest, reason: options.reason ?? '' };
  const ask = openInstallation(ANSWER_MS_MAX);
  print(options, await ask(gateway.rejectPlan, request, { idempotencyKey: randomUUID() }));
}

/** What an answer says of the plan and of who answers. */
export function boundTo({ accountId, planId }: Proposal) {
  return { accountId, planId, answeredBy: userInfo().username, surface: 'command' };
}

/** The plan that is named, or the one that waits. @throws Failure NOT_FOUND */
export async function proposalOf(plan: string | undefined, account: string): Promise<Proposal> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const { proposals } = await ask(gateway.listProposals, { accountId: account, limit: 100 });
  const found = proposals.find(({ planId, state }) =>
    plan === undefined ? state === 'PROPOSED' || state === 'APPROVED' : planId === plan,
  );
  if (!found) throw notFound('plan that waits for an answer', plan ?? 'any');
  return found;
}

/** Shows the plan and asks. */
async function confirmedDigest(proposal: Proposal): Promise<string | undefined> {
  requireTerminal(proposal);
  const shown = proposalText(proposal).split('\n');
  const isAgreed = await agreed('Send exactly these orders?', shown);
  return isAgreed ? proposal.digest : undefined;
}

/** @throws Failure INVALID_REQUEST --digest where nobody can be asked */
export function requireTerminal({ planId, digest }: Proposal): void {
  if (process.stdin.isTTY) return;
  const message = `is needed where nobody can be asked; the plan ${planId} has ${digest.slice(0, 8)}`;
  throw invalidRequest({ field: '--digest', message });
}

function print(options: Options, answered: AnswerPlanResponse): void {
  output(options, answered, [answered.message]);
  process.exitCode = answered.success ? commandExitCodes.ok : commandExitCodes.failed;
}
