/** What a person does at a terminal to the state of a stopped installation: a line of the audit, in that state. */
import { randomUUID } from 'node:crypto';
import { instantOf } from '#shared/kernel/instant.ts';
import { terminalUser } from '#shared/process/terminal-user.ts';
import type { Database } from '#shared/redis/database.ts';
import { AuditTrail } from './audit-trail.ts';

export type StateAct = 'state-restore' | 'state-new-beginning';

/** @param subject the file that was restored; empty where there is none */
export async function auditStateAct(
  database: Database,
  operation: StateAct,
  subject: string,
): Promise<void> {
  await new AuditTrail(database).add({
    ...{ at: instantOf(Date.now()), event: 'ended', operation, account: '', caller: 'cli' },
    ...{ who: terminalUser(), address: '', token: 'none', requestId: randomUUID(), run: '' },
    failureCode: '',
    ...(subject !== '' && { subject }),
  });
}
