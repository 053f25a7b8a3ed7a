/** Reads when the parts were last heard of. */
import { pulses, redisNow } from '#shared/redis/pulses.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { silenceReasons } from '../model/silence.ts';
import type { TradingGuard } from './trading-guard.ts';

type Sources = Pick<Dependencies, 'database' | 'settings' | 'now'>;

export function silenceGuard({ database, settings, now }: Sources): TradingGuard {
  return async () => {
    const signals = await pulses(database);
    const byRedis = [...signals.keys()].some((name) => name !== 'prices');
    const clocks = { now: byRedis ? await redisNow(database) : now(), marketNow: now() };
    return { reasons: silenceReasons({ pulses: signals, ...clocks }, settings) };
  };
}
