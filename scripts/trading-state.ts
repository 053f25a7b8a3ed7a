/**
 * Shows and sets the trading state: `npm run trading-state -- …`. It asks the gateway of this
 * installation; where that does not answer, a restriction is left as a file in DATA_DIR.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { SetTradingStateResponse, TradingRestriction } from '#protos/gen/trading.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { trading } from '#shared/contract/trading.ts';
import { controlFiles, writeControlFile } from '#shared/trading/control-files.ts';
import { openInstallation } from '../cli/gateway-client.ts';

const USAGE = `Usage: npm run trading-state -- [active | reducing REASON | halted REASON]

  (nothing)         show the state, and why
  halted REASON     send no order; cancelling stays possible
  reducing REASON   send only sales
  active            lift what was set, and remove the files in DATA_DIR

The gateway at GATEWAY_HOST:GATEWAY_PORT (or GATEWAY_URL) is asked, with the trade token in DATA_DIR.
While it does not answer, halted and reducing are left as a file in DATA_DIR, which counts as well.
Exit code: 0 done, 1 not done, 2 wrong arguments.
`;
const ANSWER_MS_MAX = 10_000;

const settings = parseSettings(process.env);
const ask = openInstallation(ANSWER_MS_MAX, settings);

async function run([word = 'show', ...words]: readonly string[]): Promise<string> {
  const reason = words.join(' ');
  const state = word.toUpperCase();
  if (word === 'show' && reason === '') return show();
  if (state === 'ACTIVE' && reason === '') return lift();
  if ((state === 'HALTED' || state === 'REDUCING') && reason !== '') return restrict(state, reason);
  throw new Failure('INVALID_REQUEST', USAGE);
}

async function show(): Promise<string> {
  const { state, restrictions } = await ask(trading.getTradingState, {});
  return [`Trading is ${state}.`, ...restrictions.map(line)].join('\n');
}

async function restrict(state: 'HALTED' | 'REDUCING', reason: string): Promise<string> {
  try {
    return textOf(await ask(trading.setTradingState, { state, reason }));
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    if (code === 'INVALID_REQUEST') throw thrown;
    const file = await writeControlFile(settings.dataDir, state, reason);
    return `The gateway does not do it (${message}) Left as ${file}: trading is ${state} while it is there.`;
  }
}

async function lift(): Promise<string> {
  const files = Object.keys(controlFiles).map((name) => join(settings.dataDir, name));
  await Promise.all(files.map((file) => rm(file, { force: true })));
  const lifted = await ask(trading.setTradingState, { state: 'ACTIVE' });
  if (!lifted.success) throw new Failure('REFUSED', textOf(lifted));
  return textOf(lifted);
}

function textOf({ message, ordersUnderWay }: SetTradingStateResponse): string {
  if (ordersUnderWay.length === 0) return message;
  return `${message}\nOrders sent before, which stay at the broker unless cancelled: ${ordersUnderWay.join(', ')}`;
}

function line({ code, state, message }: TradingRestriction): string {
  return `  ${String(state)} (${code}): ${message}`;
}

try {
  console.log(await run(process.argv.slice(2)));
} catch (thrown) {
  const failure = Failure.from(thrown);
  console.error(failure.message);
  process.exitCode = failure.code === 'INVALID_REQUEST' ? 2 : 1;
}
