/** `trader`: one command for a person. Each of its commands is a file of `commands/`. */
import { Command, CommanderError } from 'commander';
import { Failure } from '#shared/kernel/failure.ts';
import { action } from './commands/account/action.ts';
import { answer } from './commands/trading/answer.ts';
import { audit } from './commands/system/audit.ts';
import { backup } from './commands/system/backup.ts';
import { change } from './commands/trading/change.ts';
import { checkData } from './commands/system/check-data.ts';
import { completion } from './commands/system/completion.ts';
import { dependencies } from './commands/system/dependencies.ts';
import { exportLedger } from './commands/account/export-ledger.ts';
import { gains } from './commands/account/gains.ts';
import { jobs } from './commands/system/jobs.ts';
import { importFile } from './commands/account/import.ts';
import { importPrices } from './commands/system/import-prices.ts';
import { movements } from './commands/account/movements.ts';
import { notices } from './commands/system/notices.ts';
import { page } from './commands/system/page.ts';
import { performance } from './commands/account/performance.ts';
import { plan } from './commands/trading/plan.ts';
import { policy } from './commands/trading/policy.ts';
import { reconcile } from './commands/account/reconcile.ts';
import { replan } from './commands/trading/replan.ts';
import { replay } from './commands/trading/replay.ts';
import { targets } from './commands/trading/targets.ts';
import { trust } from './commands/trading/trust.ts';
import { status } from './commands/account/status.ts';
import { tradingState } from './commands/trading/trading-state.ts';
import { verify } from './commands/account/verify.ts';
import { commandExitCodes, exitCodeOf } from './command-exit-codes.ts';
import { helpLayout } from './help-layout.ts';
import { complain } from './output.ts';

const commands: readonly ((trader: Command) => void)[] = [
  status,
  plan,
  targets,
  performance,
  tradingState,
  jobs,
  dependencies,
  backup,
  notices,
  page,
  checkData,
  movements,
  importFile,
  importPrices,
  action,
  verify,
  audit,
  exportLedger,
  policy,
  gains,
  replan,
  replay,
  answer,
  change,
  trust,
  reconcile,
  completion,
];

const trader = new Command('trader')
  .description('Arduino Trader: an autonomous portfolio manager.')
  .helpOption('-h, --help', 'shows what can be said')
  .helpCommand('help [command]', 'shows what can be said to a command')
  .configureHelp(helpLayout)
  .configureOutput({
    outputError: (text) => complain(text.replace(/^error: /, '')),
  })
  .option('--url <address>', 'gateway to ask; else GATEWAY_URL, or this machine')
  .hook('preAction', () => {
    const { url } = trader.opts<{ url?: string }>();
    if (url !== undefined) process.env['GATEWAY_URL'] = url;
  })
  .exitOverride()
  .showHelpAfterError('trader --help lists the commands');
for (const add of commands) add(trader);

process.exitCode = await run(process.argv);

async function run(argv: readonly string[]): Promise<number> {
  try {
    await trader.parseAsync(argv);
    return Number(process.exitCode ?? commandExitCodes.ok);
  } catch (thrown) {
    // The library has said what is wrong with the arguments, or shown the help.
    if (thrown instanceof CommanderError)
      return thrown.exitCode === 0 ? commandExitCodes.ok : commandExitCodes.wrongInput;
    const failure = Failure.from(thrown);
    complain(failure.message);
    return exitCodeOf(failure);
  }
}
