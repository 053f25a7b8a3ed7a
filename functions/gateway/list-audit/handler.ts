/**
 * Lists the audit (docs/operate/audit.md): who called which operation that changes something, from where, with which
 * token, and how it ended; newest first. With `verify` the chain of hashes is checked from its first line that is kept.
 *
 * @throws Failure NOT_FOUND accountId
 */
import type { AuditChain, AuditLine, ListAuditResponse } from '#protos/gen/gateway.ts';
import { gateway } from '#shared/contract/gateway.ts';
import type { RequestOf } from '#shared/contract/row.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { toTimestamp } from '#shared/kernel/instant.ts';
import type { AuditLine as AuditEntry } from '#shared/runtime/audit/audit-line.ts';
import { Accounts } from '#shared/portfolio/accounts.ts';
import {
  AuditReader,
  type AuditCheck,
  type NumberedLine,
} from '#shared/runtime/audit/audit-reader.ts';
import { handle } from '#shared/runtime/handle.ts';

type Filters = RequestOf<typeof gateway.listAudit>;

export default handle(gateway.listAudit, async (request, context): Promise<ListAuditResponse> => {
  const { accountId, limit, offset, verify } = request;
  if (accountId !== '')
    await new Accounts(context.database, context.baseCurrency).require(accountId as AccountId);
  const reader = new AuditReader(context.database);
  const { lines, total } = isFiltered(request)
    ? await reader.matching((line) => meets(line, request), offset, limit)
    : await reader.latest(offset, limit);
  const chain = verify ? chainMessage(await reader.check()) : undefined;
  return { lines: lines.map(lineMessage), total, chain };
});

function isFiltered({ from, to, who, operation, accountId }: Filters): boolean {
  return [from, to].some((at) => at !== undefined) || `${who}${operation}${accountId}` !== '';
}

function meets(line: AuditEntry, { from, to, who, operation, accountId }: Filters): boolean {
  if (from !== undefined && line.at < from) return false;
  if (to !== undefined && line.at > to) return false;
  if (operation !== '' && line.operation !== operation) return false;
  if (accountId !== '' && line.account !== accountId) return false;
  const searched = who.toLowerCase();
  return [line.who, line.caller, line.address, line.token].some((one) =>
    one.toLowerCase().includes(searched),
  );
}

function lineMessage({ at, account, count = 0, subject = '', ...line }: NumberedLine): AuditLine {
  return { ...line, at: toTimestamp(at), accountId: account, count, subject };
}

function chainMessage({ lines, head, finding }: AuditCheck): AuditChain {
  return {
    correct: finding === undefined,
    lines,
    headHash: head?.hash ?? '',
    sequence: finding?.sequence ?? 0,
    message: finding?.message ?? '',
  };
}
