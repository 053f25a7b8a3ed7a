/** The embedded mode: everything in one process; one trading cycle at once, then serving until stopped. */
import { dirname, join } from 'node:path';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { endProcess } from '#gateway/runtime/executors/exit-guard.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { Failure, type FieldViolation } from '#shared/kernel/failure.ts';
import { boardOf, isLocal } from '#shared/placement/placement.ts';
import { readPlacement } from '#shared/placement/read-placement.ts';
import { stateLost } from '#shared/redis/state-epoch.ts';
import { openLog } from '#shared/process/log.ts';
import { openTracing } from '#shared/process/tracing/open-tracing.ts';
import { logRulesOf } from '#shared/process/logging/log-rules.ts';
import { withSecretFiles } from '#shared/process/secret-environment.ts';
import { parseSettings, type Environment } from '#shared/process/settings.ts';
import { parseArguments, USAGE, type Arguments } from './arguments.ts';
import { openConsole, type Console } from './console/console.ts';
import { resultDocumentOf } from './console/document.ts';
import { openEmbedded, type Embedded } from './embedded.ts';
import { programExitCodes } from './program-exit-codes.ts';
import { runFirstCycle, type CycleOutcome } from './first-cycle.ts';
import { briefText } from './console/brief.ts';
import { endsCycle, laterCycleLine } from './later-cycles.ts';
import { LogFile } from './console/log-file.ts';
import { logLines } from './console/log-lines.ts';
import { liveText, ProgressThrottle } from './console/progress.ts';
import { StartSteps } from './start-steps.ts';
import { cycleText, nextText } from './console/cycle-text.ts';
import { stopSignal } from './stop-signal.ts';
import {
  accountText,
  accountFacts,
  marketFacts,
  marketText,
  readyText,
} from './console/start-facts.ts';

/** `dist/`, in which this file lies as it lies in the sources. */
const DIST_DIR = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const CLOSE_MS_MAX = 4_900;
const DOUBTS_SHOWN = 20;
const STATUS_MS_MAX = 10_000;

endProcess(await main(process.argv.slice(2)));

async function main(argv: readonly string[]): Promise<number> {
  const parsed = parseArguments(argv);
  if (parsed.kind === 'help') {
    process.stdout.write(USAGE);
    return programExitCodes.ok;
  }
  if (parsed.kind === 'wrong') {
    process.stderr.write(`${parsed.message}\n\n${USAGE}`);
    return programExitCodes.wrongInput;
  }
  const console = openConsole({ json: parsed.given.json, env: process.env });
  try {
    return await run(parsed.given, withSecretFiles(process.env), console);
  } catch (thrown) {
    return explain(Failure.from(thrown), parsed.given, console);
  }
}

async function run(given: Arguments, env: Environment, console: Console): Promise<number> {
  const settings = parseSettings(env);
  const tracing = await openTracing('trader', env, boardOf(await readPlacement(settings)));
  const file = new LogFile();
  const isVerbose = given.verbose || given.json || Boolean(env['LOG_LEVEL']);
  const later: { onLine?: (line: string) => void } = {};
  const toFile = logLines({ file, console, isVerbose });
  const writeLog = (line: string): void => {
    toFile(line);
    later.onLine?.(line);
  };
  const log = openLog(logRulesOf(settings), writeLog).with({ module: 'home' });
  const stop = stopSignal();
  process.on('unhandledRejection', (cause) => log.error('unhandled-rejection', { cause }));
  const { print, style } = console;
  const report = console.isLive && !given.verbose ? console.progress : print;
  const steps = new StartSteps((line) => report(`${style.good('✓')} ${line}`));
  let logFile: string | undefined;
  const embedded = await openEmbedded({
    settings,
    env,
    projectDir: projectDir(DIST_DIR),
    distDir: DIST_DIR,
    log,
    writeLog,
    onDataDir: (path) => void (logFile = file.open(path)),
    isLogWritable: () => file.isWritable(),
    steps,
    print,
  });
  try {
    const isOurs = isLocal(embedded.placement, 'gateway');
    const starts = given.once || (isOurs && embedded.hasCycle);
    for (const warning of embedded.redis.warnings) console.complain(`${style.bad('✗')} ${warning}`);
    const lost = await reportLostState(embedded, console);
    if (lost && given.once) return endOfLostState(lost, given, console);
    const begins = starts && !lost;
    const run = { embedded, given, steps, console, stop, logFile };
    const succeeded = begins ? await trade(run) : true;
    // Reading a backup through takes its time, and nothing that trades waits for it.
    if (isOurs && !stop.aborted) print(await backupLine(embedded));
    if (!starts && !isOurs) print('The board with the gateway service runs the trading cycle.');
    else if (!starts) print('The stack file has no trading cycle; its functions wait.');
    if (given.once)
      return succeeded || stop.aborted ? programExitCodes.ok : programExitCodes.failed;
    if (!stop.aborted) print(style.faint(`\nRunning at ${embedded.runtime.url}; Ctrl-C stops.`));
    later.onLine = reportLaterCycles(embedded, console);
    await untilAborted(stop);
    print('Stopping.');
    return programExitCodes.ok;
  } finally {
    delete later.onLine;
    await inTime(embedded.close());
    await tracing.close();
    file.close();
  }
}

/** Each scheduled cycle is reported in one line. */
function reportLaterCycles({ dependencies }: Embedded, { print }: Console) {
  return (line: string): void => {
    if (!endsCycle(line)) return;
    laterCycleLine(dependencies, new Date()).then(print, () => undefined);
  };
}

interface FirstRun {
  readonly embedded: Embedded;
  readonly given: Arguments;
  readonly steps: StartSteps;
  readonly console: Console;
  readonly stop: AbortSignal;
  readonly logFile: string | undefined;
}

/** The newest backup that can be restored. What is wrong with newer ones is in the status. */
async function backupLine({ dependencies }: Embedded): Promise<string> {
  const signal = AbortSignal.timeout(STATUS_MS_MAX);
  const options = { signal, requestId: 'start', caller: 'start' };
  const status = await dependencies.functions
    .call(gateway.getSystemStatus, {}, options)
    .catch(() => undefined);
  if (!status) return 'backup: the status does not say';
  const { newestBackup } = status;
  return newestBackup
    ? `backup: ${newestBackup.file}, ${newestBackup.keys} keys, read through`
    : 'backup: none yet; the nightly job writes them';
}

/**
 * Trading is blocked on lost state: reports it, and what to do. @returns the failure, or undefined
 */
async function reportLostState(
  { dependencies }: Embedded,
  { complain, style }: Console,
): Promise<Failure | undefined> {
  const verdict = await dependencies.database.epoch.verdict();
  if (verdict.kind === 'kept') return undefined;
  const failure = stateLost(verdict.why);
  complain(`${style.bad('✗')} ${failure.message}`);
  complain('No trading cycle was started; docs/operate/restore.md has the steps.');
  return failure;
}

function endOfLostState(failure: Failure, given: Arguments, console: Console): number {
  if (given.json) console.document({ failure });
  return programExitCodes.stateLost;
}

/** The first cycle, with its progress. @returns whether it succeeded */
async function trade(run: FirstRun): Promise<boolean> {
  const { embedded, given, steps, console, stop } = run;
  const { dependencies } = embedded;
  const { print } = console;
  const market = await steps.take('market', () => marketFacts(dependencies, stop), marketText);
  for (const doubt of market.doubts.slice(0, DOUBTS_SHOWN)) print(`  warning: ${doubt}`);
  const account = await steps.take('account', () => accountFacts(dependencies, stop), accountText);
  steps.end();
  for (const line of readyText(embedded, { market, account }, steps)) print(line);
  const progress = new ProgressThrottle(print);
  const outcome = await runFirstCycle(dependencies, given.dryRun, stop, (update) =>
    console.isLive ? console.progress(liveText(update)) : progress.report(update),
  );
  progress.flush();
  if (stop.aborted) return false;
  if (given.json) console.document(resultDocumentOf(embedded, { market, account }, steps, outcome));
  report(run, outcome);
  return outcome.success;
}

function report({ embedded, given, console, logFile }: FirstRun, outcome: CycleOutcome): void {
  const { print, complain, style } = console;
  const { result, success, message } = outcome;
  print('');
  const text = given.verbose ? cycleText : briefText;
  if (result) for (const line of text(result)) print(line);
  const problem = result ? 'Not everything went through' : 'The cycle failed';
  if (!success) complain(`${style.bad('✗')} ${problem}: ${message}`);
  print('');
  const { runtime, secrets, hasPage } = embedded;
  const where = { tokensDir: secrets.files.dir, passwordDir: secrets.dir, logFile, hasPage };
  for (const line of nextText({ gatewayUrl: runtime.url, ...where })) print(line);
}

/** Why it did not start, in a line for each complaint. */
function explain(failure: Failure, given: Arguments, console: Console): number {
  const violations = failure.facts['violations'] as readonly FieldViolation[] | undefined;
  if (violations) for (const one of violations) console.complain(`${one.field}: ${one.message}`);
  else console.complain(failure.message);
  if (failure.code === 'BUG') console.complain(String((failure.cause as Error)?.stack ?? ''));
  if (given.json) console.document({ failure });
  if (failure.code === 'INVALID_REQUEST') return programExitCodes.wrongInput;
  return failure.code === 'BUG' ? programExitCodes.failed : programExitCodes.cannotStart;
}

/** The folder with the stack file, above the build. */
function projectDir(from: string): string {
  if (existsSync(join(from, 'stack.yml')) || dirname(from) === from) return from;
  return projectDir(dirname(from));
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** A part that does not close must not delay the others. */
async function inTime(closing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => void (timer = setTimeout(resolve, CLOSE_MS_MAX)));
  await Promise.race([closing, late]);
  clearTimeout(timer);
}
