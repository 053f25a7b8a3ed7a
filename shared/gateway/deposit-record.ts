/** A deposit as it is stored. */
import * as z from 'zod';
import type { Instant } from '#shared/kernel/instant.ts';
import type { Money } from '#shared/kernel/money.ts';
import { storedInstant, storedMoney } from '#shared/redis/codec.ts';

export interface Deposit {
  readonly id: string;
  readonly amount: Money;
  /** Pending: paid from elsewhere to a broker that we cannot fund ourselves. */
  readonly state: 'paid-in' | 'pending';
  readonly recordedAt: Instant;
}

export const depositSchema: z.ZodType<Deposit> = z.object({
  id: z.string(),
  amount: storedMoney,
  state: z.enum(['paid-in', 'pending']),
  recordedAt: storedInstant,
});
