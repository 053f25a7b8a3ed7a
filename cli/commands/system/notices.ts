/** `trader notices [test [CHANNEL]]`: the channels of notices, what could not be sent, and a test. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import type { NoticeDelivery } from '#protos/gen/gateway.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';
import { momentText } from '../../overview-text.ts';

/** Each channel may take 20 s. */
const ANSWER_MS_MAX = 90_000;

export function notices(trader: Command): void {
  const group = trader
    .command('notices')
    .description('lists the channels of notices and what could not be sent')
    .option('--json', 'writes one JSON document')
    .action(list);
  group
    .command('test')
    .description('sends a test notice at once, through one channel or all')
    .argument('[channel]', 'ntfy, telegram, email or webhook')
    .option('--json', 'writes one JSON document')
    .action((channel: string | undefined, _options: OutputOptions, command: Command) =>
      test(channel, command.optsWithGlobals()),
    );
}

async function list(options: OutputOptions): Promise<void> {
  const found = await openInstallation(ANSWER_MS_MAX)(gateway.listNotices, {});
  const { channels, waiting, givenUp } = found;
  const configured =
    channels.length === 0
      ? 'No channel is configured: nothing leaves (docs/use/notices.md).'
      : `Channels: ${channels.join(', ')}. Try them: trader notices test`;
  output(options, found, [
    configured,
    ...waiting.map((one) => `… ${lineOf(one)}, next attempt ${momentText(one.nextAt)}`),
    ...givenUp.map((one) => `✗ ${lineOf(one)}`),
  ]);
  if (givenUp.length > 0) process.exitCode = commandExitCodes.failed;
}

function lineOf({ channel, title, attempts, lastError }: NoticeDelivery): string {
  const why = lastError === '' ? '' : `: ${lastError}`;
  return `${channel} "${title}", ${attempts} attempts${why}`;
}

async function test(channel: string | undefined, options: OutputOptions): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const key = { idempotencyKey: `trader-${randomUUID()}` };
  const answer = await ask(gateway.testNotices, { channel: channel ?? '' }, key);
  const lines = answer.results.map((one) =>
    one.delivered ? `✓ ${one.channel} took it` : `✗ ${one.channel}: ${one.message}`,
  );
  output(options, answer, lines);
  if (answer.results.some(({ delivered }) => !delivered))
    process.exitCode = commandExitCodes.failed;
}
