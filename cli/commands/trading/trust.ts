/** `trader trust`: how far the system may act alone. */
import { randomUUID } from 'node:crypto';
import { userInfo } from 'node:os';
import type { Command } from 'commander';
import type { TrustResponse } from '#protos/gen/gateway.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { fromTimestamp, isoText } from '#shared/kernel/instant.ts';
import { trustLevels } from '#shared/kernel/trust-level.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation, type Ask } from '../../gateway-client.ts';
import { output } from '../../output.ts';

interface Options {
  readonly account: string;
  readonly confirm?: string;
  readonly reason?: string;
  readonly json?: boolean;
}

const ANSWER_MS_MAX = 60_000;

export function trust(trader: Command): void {
  trader
    .command('trust')
    .description('shows how far the system may act alone, or changes it')
    .argument('[level]', `${trustLevels.join(', ')}; or down: one step lower`)
    .option('--account <id>', 'another account than the default one', '')
    .option('--confirm <sentence>', 'what a step up needs; without it the sentence is shown')
    .option('--reason <text>', 'why, for the history')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run(requested: string | undefined, options: Options): Promise<void> {
  const { account, confirm = '', reason = '', json } = options;
  const ask = openInstallation(ANSWER_MS_MAX);
  const before = await ask(gateway.getTrust, { accountId: account });
  const level = requested === 'down' ? below(before.granted) : requested;
  if (level === undefined) return print(json, before, shownText(before));
  if (!json && isAbove(level, before.granted)) await showLastReplay(ask);
  const request = { accountId: account, level, confirmation: confirm, reason };
  const setBy = userInfo().username;
  const key = { idempotencyKey: randomUUID() };
  const after = await ask(gateway.setTrust, { ...request, setBy }, key);
  print(json, after, after.message);
  process.exitCode = after.success ? commandExitCodes.ok : commandExitCodes.failed;
}

function isAbove(level: string, granted: string): boolean {
  const at = (name: string): number => trustLevels.findIndex((one) => one === name);
  return at(level) > at(granted);
}

/** What the policy would have done in the past, before it may do more. */
async function showLastReplay(ask: Ask): Promise<void> {
  const { found, content } = await ask(gateway.getReplay, { form: 'text' });
  process.stdout.write(
    found
      ? `The last replay:\n\n${content}\n`
      : 'No replay was made here yet; `trader replay` shows what a policy would have done.\n\n',
  );
}

function below(level: string): string {
  const at = trustLevels.findIndex((one) => one === level);
  return trustLevels[Math.max(at - 1, 0)] ?? level;
}

function shownText({ level, granted, ceiling, steps }: TrustResponse): string {
  const lowered = level === granted ? '' : ` (${granted} is granted, the policy allows ${ceiling})`;
  const acts = steps.map(({ level: to, at, by, reason }) =>
    [`  ${at ? isoText(fromTimestamp(at)) : ''}  ${to}`, by, reason].filter(Boolean).join('  '),
  );
  return [`${level}${lowered}`, ...meaningOf(level), ...acts].join('\n');
}

const meanings: Readonly<Record<string, string>> = {
  simulated: 'executes plans on simulated prices at the paper broker only; else records them',
  paper: 'executes plans at the paper broker only; else records them',
  ask: 'puts every plan to you and waits, at any broker',
  'within-limits': 'executes plans that keep the limits of the policy; puts others to you',
};

function meaningOf(level: string): string[] {
  const meaning = meanings[level];
  return meaning === undefined ? [] : [`  It ${meaning}.`, '  Another level: trader trust --help'];
}

function print(json: boolean | undefined, answer: TrustResponse, text: string): void {
  output({ json: json === true }, answer, text.split('\n'));
}
