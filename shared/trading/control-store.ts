/**
 * Reads and sets the kill switch. Two ways lead to HALTED that need neither queue nor planner: the
 * document in Redis, and a file named HALT in DATA_DIR. Either is enough.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Instant } from '#shared/kernel/instant.ts';
import { storedInstant } from '#shared/redis/codec.ts';
import type { Database } from '#shared/redis/database.ts';
import { keys } from '#shared/redis/keys.ts';
import { controlStates, type ControlState, type TradingControl } from './model/trading-control.ts';

const controlSchema: z.ZodType<TradingControl> = z.object({
  state: z.enum(controlStates),
  reason: z.string(),
  changedAt: storedInstant.optional(),
});

export class ControlStore {
  private readonly database: Database;
  private readonly haltFile: string;

  constructor(database: Database, dataDir: string) {
    this.database = database;
    this.haltFile = join(dataDir, 'HALT');
  }

  /** Asked anew at each order. A halt file that cannot be looked for counts as there. */
  async read(): Promise<TradingControl> {
    const halted = await this.fileSays();
    if (halted !== undefined) return { state: 'HALTED', reason: halted };
    const document = await this.database.find(keys.trading.control(), controlSchema);
    return document?.value ?? { state: 'ACTIVE', reason: 'never set' };
  }

  async set(state: ControlState, reason: string, changedAt: Instant): Promise<TradingControl> {
    const value: TradingControl = { state, reason, changedAt };
    return this.database.update(keys.trading.control(), controlSchema, () => ({
      value,
      result: value,
    }));
  }

  private async fileSays(): Promise<string | undefined> {
    try {
      await access(this.haltFile);
      return 'the file HALT is in the data directory';
    } catch (thrown) {
      const code = (thrown as NodeJS.ErrnoException).code;
      if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
      return `the file HALT cannot be looked for (${code ?? 'unknown'})`;
    }
  }
}
