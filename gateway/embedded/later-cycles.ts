/** Prints a line for each scheduled trading cycle, for the person at the terminal. */
import type { GetOverviewResponse } from '#protos/gen/overview.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { operations } from '#shared/contract/catalogue.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { moneyText } from './console/cycle-text.ts';

const CYCLE = operations.find(({ rpc }) => rpc === 'triggerTradingCycle')?.name ?? '';

/** Whether a line of the log says that a trading cycle has ended. */
export function endsCycle(line: string): boolean {
  return line.includes('"event":"run-completed"') && line.includes(CYCLE);
}

export async function laterCycleLine(dependencies: Dependencies, at: Date): Promise<string> {
  const { functions, newId } = dependencies;
  const options = { signal: AbortSignal.timeout(30_000), requestId: newId(), caller: 'start' };
  return cycleLine(await functions.call(gateway.getOverview, {}, options), at);
}

/** @internal exported for its tests */
export function cycleLine({ plan, value, standing }: GetOverviewResponse, at: Date): string {
  const orders = plan?.actions.length ?? 0;
  const did = orders === 0 ? 'nothing to buy or sell' : `${orders} orders`;
  const time = at.toISOString().slice(11, 16);
  const total = value?.total ? `value ${moneyText(value.total)}` : 'no value';
  return `${time} UTC  Cycle: ${did}; ${total}, cash ${moneyText(value?.cash)}. ${standing?.message ?? ''}`;
}
