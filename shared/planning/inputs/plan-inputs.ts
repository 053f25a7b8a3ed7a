/** All that a plan saw, and the plan itself. */
import * as z from 'zod';
import type { OptimizeAllocationResponse } from '#protos/gen/optimization.ts';
import type { PlanId } from '#shared/kernel/identifiers.ts';
import { storedId } from '#shared/redis/codec.ts';

export const planInputs = z.strictObject({
  planId: storedId<PlanId>(),
  build: z.string(),
  baseCurrency: z.string(),
  /** The request on the wire. */
  request: z.record(z.string(), z.unknown()),
  settings: z.record(z.string(), z.unknown()),
  /** Milliseconds, and the days of the market data, in the order they were asked for. */
  instants: z.array(z.number()),
  days: z.array(z.string()),
  /** Replies by command and arguments, without the prefix of the installation. */
  reads: z.array(z.tuple([z.array(z.string()), z.unknown()])),
  targets: z.custom<OptimizeAllocationResponse>().optional(),
  /** Whether the reads have all that the target weights follow from; absent in records from before they had. */
  targetsCanBeMade: z.boolean().optional(),
  /** The plan as it was stored. */
  plan: z.string(),
});

export type PlanInputs = z.output<typeof planInputs>;
