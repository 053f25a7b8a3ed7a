/** `trader jobs [--run NAME]`: what runs by the clock, and how it went. */
import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { gateway } from '#shared/contract/gateway.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';
import { momentText } from '../../overview-text.ts';
import { ANSWER_MS_MAX } from '../account/status.ts';

interface Options extends OutputOptions {
  readonly run?: string;
}

export function jobs(trader: Command): void {
  trader
    .command('jobs')
    .description('lists what runs by the clock; with --run starts one now')
    .option('--run <name>', 'starts this job now')
    .option('--json', 'writes one JSON document')
    .action(run);
}

/** A tick only for what has run and went well. */
function signOf(status: string, hasRun: boolean): string {
  if (status === 'failed') return '✗';
  return hasRun ? '✓' : '·';
}

async function run(options: Options): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  if (options.run !== undefined) {
    const key = { idempotencyKey: `trader-${randomUUID()}` };
    const answer = await ask(gateway.triggerJob, { jobName: options.run }, key);
    return output(options, answer, [answer.message]);
  }
  const { jobs: all } = await ask(gateway.listJobs, {});
  const lines = all.flatMap(({ jobName, status, lastRun, nextRun, lastError, description }) => [
    `${signOf(status, lastRun !== undefined)} ${jobName.padEnd(20)} ${lastRun ? `last ${momentText(lastRun)}` : 'not run yet'}, ${nextRun ? `next ${momentText(nextRun)}` : 'not scheduled'}`,
    `  ${description}`,
    ...(lastError === '' ? [] : [`  failed: ${lastError}`]),
  ]);
  output(options, { jobs: all }, lines);
  if (all.some(({ status }) => status === 'failed')) process.exitCode = commandExitCodes.failed;
}
