/** One line of the audit: who called which operation, or signed in, from where with which token, and how it ended. */
import * as z from 'zod';
import type { Instant } from '#shared/kernel/instant.ts';
import { storedInstant } from '#shared/redis/codec.ts';

/**
 * `called`: it was let in, and began. `ended`: its outcome. `refused`: it was not let in. `cancelled`: its caller took the
 * queued run back. `locked`: the address has to wait after attempts that failed.
 */
const auditEvents = ['called', 'ended', 'refused', 'cancelled', 'locked'] as const;
export type AuditEvent = (typeof auditEvents)[number];

export interface AuditLine {
  readonly at: Instant;
  readonly event: AuditEvent;
  /** Or `page-sign-in`, `system-deploy-function` and the like, of what page and gateway do without an operation. */
  readonly operation: string;
  /** What it was about: a plan, order, job, security, function, secret or queued call, or the state that was set. */
  readonly subject?: string | undefined;
  /** Empty where the request names none. */
  readonly account: string;
  /** The operation or part of the system that called, as it names itself. */
  readonly caller: string;
  /** On whose behalf, as the caller says: session and device, client certificate, user and host; empty: not said. */
  readonly who: string;
  /** Address of the client, where the call came over a gateway. */
  readonly address: string;
  /** Name of the token, never the token: read, write, trade, operator, request (one in the request), password, passkey, none. */
  readonly token: string;
  readonly requestId: string;
  /** The queued run that the call executed; empty where none. */
  readonly run: string;
  /** For how many refusals it stands, where they were too many for a line each. */
  readonly count?: number | undefined;
  /** Code of the failure; empty while it is open, and where the call succeeded. */
  readonly failureCode: string;
}

export const auditLine: z.ZodType<AuditLine> = z.strictObject({
  at: storedInstant,
  event: z.enum(auditEvents),
  operation: z.string(),
  account: z.string(),
  caller: z.string(),
  who: z.string(),
  address: z.string(),
  token: z.string(),
  requestId: z.string(),
  run: z.string(),
  failureCode: z.string(),
  count: z.number().optional(),
  subject: z.string().optional(),
});
