/** Records each version of an order that Redis stored, whatever reply its writer received. */
import type { Command } from 'ioredis';
import type { Observations } from './observations.ts';

interface Change {
  readonly guard?: { readonly id: string };
  readonly write: readonly { readonly op: string; readonly key: number; readonly args: string[] }[];
}

export function isCommit(command: Command): boolean {
  return command.name.startsWith('eval') && String(command.args.at(-1)).startsWith('{"expect"');
}

export async function watchCommit(
  command: Command,
  send: () => Promise<unknown>,
  observed: Observations,
): Promise<unknown> {
  const args = command.args.map(String);
  const keys = args.slice(2, 2 + Number(args[1]));
  const answer = (await send()) as unknown[];
  if (answer[0] !== 1) return answer;
  const { write, guard } = JSON.parse(args.at(-1) ?? '{}') as Change;
  if (guard && answer.length === 3)
    observed.epochs.push({
      id: guard.id,
      generation: Number(answer[1]),
      sequence: Number(answer[2]),
    });
  for (const { op, key, args: written } of write) {
    if (op !== 'HSET' || !keys[key - 1]?.includes(':trade:')) continue;
    const [, version, , json] = written;
    const order = JSON.parse(json ?? '{}') as Record<string, string>;
    const { tradeId = '', clientOrderId = '', state = '', filledQuantity = '0' } = order;
    const filled = Number(filledQuantity);
    observed.versions.push({ tradeId, clientOrderId, version: Number(version), state, filled });
  }
  return answer;
}
