/** Records each version of an order that Redis stored, whatever reply its writer received. */
import type { Command } from 'ioredis';
import { commitScriptOf } from '#shared/redis/joined-commits.ts';
import { carriedCommits, type CarriedCommit } from '../redis/packed-commits.ts';
import type { Observations } from './observations.ts';

export function isCommit({ args }: Command): boolean {
  const script = String(args[0]);
  return script === commitScriptOf.sha || script === commitScriptOf.text;
}

export async function watchCommit(
  command: Command,
  send: () => Promise<unknown>,
  observed: Observations,
): Promise<unknown> {
  const [, count = '', ...rest] = command.args.map(String);
  const commits = carriedCommits(rest.slice(0, Number(count)), rest.slice(Number(count)));
  const answers = (await send()) as unknown[];
  for (const [index, commit] of commits.entries()) {
    const answer = answers[index];
    if (Array.isArray(answer) && answer[0] === 1) note(commit, answer, observed);
  }
  return answers;
}

function note(
  { guard, write }: CarriedCommit,
  answer: readonly unknown[],
  observed: Observations,
): void {
  if (guard && answer.length === 3)
    observed.epochs.push({
      id: guard.id,
      generation: Number(answer[1]),
      sequence: Number(answer[2]),
    });
  for (const { op, key, args } of write) {
    if (op !== 'HSET' || !key.includes(':trade:')) continue;
    const [, version, , json] = args;
    const order = JSON.parse(json ?? '{}') as Record<string, string>;
    const { tradeId = '', clientOrderId = '', state = '', filledQuantity = '0' } = order;
    const filled = Number(filledQuantity);
    observed.versions.push({ tradeId, clientOrderId, version: Number(version), state, filled });
  }
}
