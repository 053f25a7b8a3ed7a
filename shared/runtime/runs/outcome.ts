/** How a run has ended. */
import * as z from 'zod';
import { atFirstUse } from '#shared/kernel/at-first-use.ts';
import type { FailureBody } from '#shared/kernel/failure.ts';

export type Outcome =
  | { readonly kind: 'done'; readonly last?: string | undefined }
  | { readonly kind: 'failed'; readonly failure: FailureBody };

export const outcomeSchema = atFirstUse(() =>
  z.union([
    z.object({ kind: z.literal('done'), last: z.string().optional() }),
    z.object({
      kind: z.literal('failed'),
      failure: z.looseObject({ code: z.string(), message: z.string() }),
    }),
  ]),
);
