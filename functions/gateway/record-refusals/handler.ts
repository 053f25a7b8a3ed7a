/**
 * Puts calls that the gRPC facade refused by itself into the audit, a line each: for their token, their metadata or a message
 * that is none. The facade bounds them by caller and minute (docs/operate/audit.md).
 *
 * @throws Failure UNAVAILABLE where they cannot be stored
 */
import { gateway } from '#shared/contract/gateway.ts';
import type { RequestOf } from '#shared/contract/row.ts';
import type { Instant } from '#shared/kernel/instant.ts';
import type { AuditLine } from '#shared/runtime/audit/audit-line.ts';
import { handle } from '#shared/runtime/handle.ts';

type Refused = RequestOf<typeof gateway.recordRefusals>['refusals'][number];

export default handle(gateway.recordRefusals, async ({ refusals }, { audit, now }) => {
  await Promise.all(refusals.map((one) => audit?.add(lineOf(one, now()))));
  return {};
});

function lineOf({ at, count, ...refused }: Refused, now: Instant): AuditLine {
  const unknown = { account: '', address: '', run: '' };
  return {
    ...{ at: at ?? now, event: 'refused', caller: 'facade', ...unknown, ...refused },
    ...(count > 0 && { count }),
  };
}
