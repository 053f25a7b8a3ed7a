/**
 * `trader halt`, `reduce` and `resume`. A halt is only reported when it is in force; where the gateway does
 * not set it, the file HALTED or REDUCING in DATA_DIR restricts trading.
 */
import type { Command } from 'commander';
import type { SetTradingStateResponse } from '#protos/gen/trading.ts';
import { trading } from '#shared/contract/trading.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { terminalUser } from '#shared/process/terminal-user.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { removeControlFiles, writeControlFile } from '#shared/trading/control/control-files.ts';
import { agreed, nothingChanged } from '../../agreed.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation, type Ask } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';

interface Options extends OutputOptions {
  readonly reason?: string;
  readonly cancelOpen?: boolean;
  readonly yes?: boolean;
}

type Restriction = 'REDUCING' | 'HALTED';

const ANSWER_MS_MAX = 10_000;

export function tradingState(trader: Command): void {
  trader
    .command('halt')
    .description('stops trading at once: nothing is sent any more')
    .option('--reason <text>', 'why, for whoever asks later', 'stopped at the terminal')
    .option('--cancel-open', 'also cancels the orders at the broker')
    .option('--json', 'writes one JSON document')
    .action((options: Options) => restrict('HALTED', options));
  trader
    .command('reduce')
    .description('lets only sales through')
    .option('--reason <text>', 'why, for whoever asks later', 'restricted at the terminal')
    .option('--json', 'writes one JSON document')
    .action((options: Options) => restrict('REDUCING', options));
  trader
    .command('resume')
    .description('lets trading go on; asks first')
    .option('--yes', 'does not ask')
    .option('--json', 'writes one JSON document')
    .action((options: Options) => resume(options));
}

async function restrict(state: Restriction, options: Options): Promise<void> {
  try {
    await set(state, options);
  } catch (thrown) {
    const failure = Failure.from(thrown);
    if (failure.code === 'INVALID_REQUEST') throw failure;
    await restrictByFile(state, options, failure.message);
  }
}

async function resume(options: Options): Promise<void> {
  if (!options.yes && !(await agreed('Purchases and sales are sent again. Resume?')))
    return nothingChanged();
  await set('ACTIVE', options);
}

async function set(state: 'ACTIVE' | Restriction, options: Options): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const answer = await ask(trading.setTradingState, { state, reason: options.reason ?? '' });
  const removed = state === 'ACTIVE' ? await removeControlFiles(dataDir()) : [];
  const cancelled = options.cancelOpen ? await cancelOpen(ask, answer) : [];
  const inForce = await ask(trading.getTradingState, {});
  const document = { ...answer, cancelled, inForce: inForce.state };
  output(options, document, [
    `${inForce.state === 'ACTIVE' ? '✓' : '■'} Trading is ${inForce.state}.`,
    ...inForce.restrictions.map(({ message }) => `  because ${message}`),
    ...removed.map((file) => `  removed ${file}`),
    ...openLines(answer, cancelled),
  ]);
  if (inForce.state !== state) process.exitCode = commandExitCodes.refused;
}

function openLines({ ordersUnderWay }: SetTradingStateResponse, cancelled: readonly string[]) {
  const open = ordersUnderWay.filter((id) => !cancelled.includes(id));
  return [
    ...cancelled.map((id) => `  cancelled ${id}`),
    ...open.map((id) => `  still at the broker: ${id}`),
    ...(open.length > 0 ? ['  cancel them: trader halt --cancel-open'] : []),
  ];
}

/** @returns the orders that are cancelled now */
async function cancelOpen(ask: Ask, { ordersUnderWay }: SetTradingStateResponse) {
  const cancelled: string[] = [];
  for (const tradeId of ordersUnderWay) {
    const { success } = await ask(trading.cancelTrade, { tradeId, reason: 'trader halt' });
    if (success) cancelled.push(tradeId);
  }
  return cancelled;
}

async function restrictByFile(state: Restriction, options: Options, why: string): Promise<void> {
  const file = await writeControlFile(
    dataDir(),
    state,
    `${terminalUser()}: ${options.reason ?? ''}`,
  );
  output(options, { state, file }, [
    `■ The gateway does not set it: ${why}`,
    `  ${file} was written: on this machine trading is ${state} while it is there.`,
  ]);
}

function dataDir(): string {
  return parseSettings(process.env).dataDir;
}
