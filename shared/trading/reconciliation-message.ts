/** Open differences as they are answered. */
import {
  digestOf,
  textOf,
  type Difference,
} from '#shared/portfolio/model/reconciliation/differences.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import type { OpenDifferences } from './guards/reconciliation-guard.ts';

export function reconciliationsOf(all: readonly OpenDifferences[]) {
  return all
    .filter(({ found }) => found.length > 0)
    .map((open) => ({
      accountId: open.accountId,
      digest: digestOf(open),
      foundAt: toTimestamp(open.foundAt),
      differences: open.found.map(lineOf),
    }));
}

function lineOf(difference: Difference) {
  const { kind, subject, change } = difference;
  const amount = change.normalize().toString();
  return {
    kind,
    subject: kind === 'cash' ? '' : subject,
    change: kind === 'cash' ? `${amount} ${subject}` : amount,
    ...textOf(difference),
  };
}
