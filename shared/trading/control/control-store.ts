/**
 * Reads and sets the trading state. A restriction comes from the document in Redis, the files `HALTED`
 * (or `HALT`) and `REDUCING` in DATA_DIR, which need neither Redis nor a running gateway to be made, a
 * state that was lost, and the guards.
 */
import * as z from 'zod';
import type { Instant } from '#shared/kernel/instant.ts';
import { storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import type { Expectation } from '#shared/redis/change.ts';
import { keys } from '#shared/redis/keys.ts';
import { stateLostText } from '#shared/redis/state-epoch.ts';
import { fileReasons } from './control-files.ts';
import type { TradingGuard } from '../guards/trading-guard.ts';
import {
  controlOf,
  controlStates,
  type ControlState,
  type StoredControl,
  type TradingControl,
  type TradingReason,
} from '../model/trading-control.ts';

const controlSchema: z.ZodType<StoredControl> = z.object({
  state: z.enum(controlStates),
  reason: z.string(),
  changedAt: storedInstant.optional(),
});

/** The state as it was read, with what a commit that depends on it must still find. */
export interface CurrentControl extends TradingControl {
  readonly unchanged: readonly Expectation[];
}

export class ControlStore {
  private readonly database: Database;
  private readonly dataDir: string;
  private readonly guards: readonly TradingGuard[];

  /** @param guards what else restricts trading */
  constructor(database: Database, dataDir: string, guards: readonly TradingGuard[] = []) {
    this.database = database;
    this.dataDir = dataDir;
    this.guards = guards;
  }

  /** Checked again at each order. A file whose presence cannot be determined counts as present. */
  async read(): Promise<CurrentControl> {
    // The files first, so that the stored state is the most recent input.
    const others = [...(await fileReasons(this.dataDir)), ...(await this.stateReasons())];
    const verdicts = await Promise.all(this.guards.map((guard) => guard()));
    const guarded = verdicts.flatMap(({ reasons }) => reasons);
    const key = keys.trading.control();
    const document = await this.database.find(key, controlSchema);
    const unchanged = [
      { key, version: document?.version ?? 0 },
      ...verdicts.flatMap(({ unchanged: read = [] }) => read),
    ];
    return { ...controlOf(document?.value, [...others, ...guarded]), unchanged };
  }

  /** A lost state blocks trading. */
  private async stateReasons(): Promise<TradingReason[]> {
    const verdict = await this.database.epoch.verdict();
    if (verdict.kind === 'kept') return [];
    return [{ code: 'state-lost', state: 'HALTED', message: stateLostText(verdict.why) }];
  }

  /** @returns the state that follows; another one than was set while other reasons restrict it */
  async set(state: ControlState, reason: string, changedAt: Instant): Promise<TradingControl> {
    const value: StoredControl = { state, reason, changedAt };
    await this.database.update(keys.trading.control(), controlSchema, () => ({
      value,
      result: value,
    }));
    return this.read();
  }
}
