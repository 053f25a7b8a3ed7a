/** `trader dependencies`: who calls whom, how often, how fast, and what should not be called. */
import type { Command } from 'commander';
import type { Dependency } from '#protos/gen/gateway.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { dependencyPicture, lineOfDependency } from '#shared/gateway/model/dependency-picture.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation } from '../../gateway-client.ts';
import { output, type OutputOptions } from '../../output.ts';
import { momentText } from '../../overview-text.ts';
import { ANSWER_MS_MAX } from '../account/status.ts';

interface Options extends OutputOptions {
  readonly hours: string;
  readonly svg?: boolean;
}

export function dependencies(trader: Command): void {
  trader
    .command('dependencies')
    .description('lists who calls whom, with rate, errors and latency; undeclared calls come first')
    .option('--hours <count>', 'clock hours before the present one, 1 to 24', '1')
    .option('--svg', 'writes a picture')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const answer = await ask(gateway.getDependencies, { hours: Number(options.hours) });
  const { dependencies: found, since } = answer;
  if (options.svg) process.stdout.write(dependencyPicture(found.map(lineOfDependency)));
  else output(options, answer, [`Since ${momentText(since)}:`, ...found.map(lineOf)]);
  if (found.some(({ declared }) => !declared)) process.exitCode = commandExitCodes.failed;
}

function lineOf(one: Dependency): string {
  const { caller, callee, calls, failures, meanMs, p95Ms, declared } = one;
  const failed = failures === '0' ? '' : `, ${failures} failed`;
  const slow = p95Ms === 0 ? '5 % over 10 s' : `95 % within ${p95Ms} ms`;
  const count = calls === '1' ? '1 call' : `${calls} calls`;
  const mark = declared ? '✓' : '✗ not declared:';
  return `${mark} ${caller} → ${callee}: ${count} (${one.callsPerMinute.toFixed(2)} a minute)${failed}, mean ${meanMs.toFixed(1)} ms, ${slow}`;
}
