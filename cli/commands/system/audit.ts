/** `trader audit`: who did what from where with which token, and how it ended. */
import type { Command } from 'commander';
import { gateway } from '#shared/contract/gateway.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { instantOf, toTimestamp, type WireTimestamp } from '#shared/kernel/instant.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';
import { callsOf, callText } from './audit-text.ts';

interface Options extends OutputOptions {
  readonly from?: string;
  readonly to?: string;
  readonly who: string;
  readonly operation: string;
  readonly account: string;
  readonly limit: string;
}

const ANSWER_MS_MAX = 60_000;
/** As many as the operation answers. */
const LINES_MAX = 1_000;

export function audit(trader: Command): void {
  trader
    .command('audit')
    .description(
      'lists who did what from where with which token and how it ended, a line a call, newest first',
    )
    .option('--from <time>', 'a day or a moment (RFC 3339)')
    .option('--to <time>', 'a day or a moment; a day counts to its end')
    .option('--who <text>', 'part of who, caller, address or token', '')
    .option('--operation <name>', 'such as trading-execute-trade', '')
    .option('--account <id>', 'an account', '')
    .option('--limit <count>', 'at most so many calls; with --json, lines', '50')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { who, operation, account: accountId, limit } = options;
  const ask = openInstallation(ANSWER_MS_MAX);
  const count = Number(limit);
  // A call has two lines.
  const linesMax = options.json ? count : Math.min(2 * count, LINES_MAX);
  const answer = await ask(gateway.listAudit, {
    ...{ who, operation, accountId, limit: linesMax, offset: 0, verify: false },
    from: momentOf('--from', options.from, 'T00:00:00Z'),
    to: momentOf('--to', options.to, 'T23:59:59Z'),
  });
  const { lines, total } = answer;
  const calls = callsOf(lines).slice(0, count);
  const read = lines.length < total ? `, from the newest ${lines.length} of ${total} lines` : '';
  const end = `${calls.length} ${calls.length === 1 ? 'call' : 'calls'}${read}.`;
  output(options, answer, [...calls.map(callText), end]);
}

/** @throws Failure INVALID_REQUEST naming the option */
function momentOf(
  field: string,
  text: string | undefined,
  ofDay: string,
): WireTimestamp | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}${ofDay}` : text);
  if (!Number.isFinite(ms))
    throw invalidRequest({ field, message: 'a day such as 2026-03-04, or a moment of RFC 3339' });
  return toTimestamp(instantOf(ms));
}
