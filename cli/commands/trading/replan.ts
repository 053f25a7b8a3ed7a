/** `trader replan DAY`: makes a past plan again from what it saw, and says whether it is the same. */
import type { Command } from 'commander';
import type { ReplanResponse } from '#protos/gen/planning.ts';
import { planning } from '#shared/contract/planning.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation } from '../../gateway-client.ts';
import { complain, output, type OutputOptions } from '../../output.ts';
import { planLines } from '../../overview-text.ts';

interface Options extends OutputOptions {
  readonly account: string;
  readonly plan: string;
}

const ANSWER_MS_MAX = 300_000;

export function replan(trader: Command): void {
  trader
    .command('replan')
    .description('makes a past plan again from what it saw, and compares')
    .argument('[day]', 'the day, YYYY-MM-DD; its last plan', '')
    .option('--plan <id>', 'a plan by its id instead', '')
    .option('--account <id>', 'another account than the default one', '')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run(day: string, options: Options): Promise<void> {
  const ask = openInstallation(ANSWER_MS_MAX);
  const request = { day, planId: options.plan, accountId: options.account };
  const answer = await ask(planning.replan, request);
  if (!answer.found) {
    complain(`no inputs are kept of ${day || options.plan}`);
    process.exitCode = commandExitCodes.notThere;
    return;
  }
  output(options, answer, textOf(answer));
  process.exitCode = answer.same ? commandExitCodes.ok : commandExitCodes.failed;
}

function textOf(answer: ReplanResponse): readonly string[] {
  const { plan, planId, otherPlanIds } = answer;
  return [
    ...(plan ? planLines(plan, { not: false, full: false }) : []),
    `${planId}: ${verdict(answer)}`,
    ...(otherPlanIds.length > 0 ? [`Other plans of that day: ${otherPlanIds.join(', ')}.`] : []),
  ];
}

function verdict(answer: ReplanResponse): string {
  const { same, inputGone, differences, buildThen, buildNow, targetsMadeAgain, thenJson } = answer;
  const hasTargets = thenJson.includes('"targets":');
  const builds =
    buildThen === buildNow ? '' : ` It was made by build ${buildThen}; this is ${buildNow}.`;
  if (inputGone !== '')
    return `cannot be made again: ${inputGone} is not kept, or not as it was.${builds}`;
  const taken = targetsMadeAgain || !hasTargets ? '' : ' Its target weights are those of then.';
  if (same) return `the same, byte by byte.${taken}${builds}`;
  return `not the same; what differs: ${differences.join(', ')}.${builds}`;
}
