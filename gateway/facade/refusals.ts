/**
 * Calls that the facade refused by itself, on their way into the audit: those of a caller up to a limit of a minute, several with
 * one call. What cannot be delivered is said in the log, with the number of calls.
 */
import type { RefusedCall } from '#protos/gen/gateway.ts';
import type { FunctionsClient } from '#shared/clients/functions-client.ts';
import { gateway } from '#shared/contract/gateway.ts';
import type { Log } from '#shared/process/log.ts';
import { RefusalLimit } from '#shared/runtime/audit/refusal-limit.ts';
import { randomUUID } from 'node:crypto';

const COLLECTED_MS = 1_000;
const DELIVERY_MS_MAX = 5_000;

export class Refusals {
  private readonly functions: FunctionsClient;
  private readonly log: Log;
  private readonly limit = new RefusalLimit<RefusedCall>((refused, count) =>
    this.collect(count === 1 ? refused : { ...refused, count }),
  );
  private collected: RefusedCall[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(functions: FunctionsClient, log: Log) {
    this.functions = functions;
    this.log = log;
  }

  /** @param peer address and port of the client */
  add(peer: string, refused: RefusedCall): void {
    this.limit.add(peer.slice(0, peer.lastIndexOf(':')), refused);
  }

  /** Delivers what is left. */
  async close(): Promise<void> {
    this.limit.flush();
    await this.deliver();
  }

  private collect(refused: RefusedCall): void {
    this.collected.push(refused);
    this.timer ??= setTimeout(() => void this.deliver(), COLLECTED_MS).unref();
  }

  private async deliver(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const refusals = this.collected;
    this.collected = [];
    if (refusals.length === 0) return;
    const signal = AbortSignal.timeout(DELIVERY_MS_MAX);
    const options = { signal, requestId: randomUUID(), caller: 'facade' };
    await this.functions
      .call(gateway.recordRefusals, { refusals }, options)
      .catch((cause: unknown) =>
        this.log.error('facade-refusals-not-recorded', { count: refusals.length, cause }),
      );
  }
}
