import { failureTable } from '#shared/kernel/failure.ts';
import { generatedFrom, table } from './markdown.ts';

const INTRODUCTION = `
Every refusal is a JSON body \`{ "code", "message", … }\` with the status below; over gRPC it is the
status below with the same code. What more a body holds (\`field\`, \`rule\`, \`retryAfterMs\`, …) are
facts a program may act on. \`message\` is for people.

Retry: *never* means that the same input will fail again; *later* means that it may be sent again
with back-off, and that nothing was changed; *same-key* means that whether it took effect is unknown:
send it again only with the \`idempotencyKey\` that the failure names (it then happens at most once), or
query as \`ask\` says. \`why\` and \`cause\` are the sentence and the code of what failed, \`tradeId\`,
\`transactionId\`, \`run\` or \`cycleId\` what is open.`;

export function errorsPage(): string {
  const rows = Object.entries(failureTable).map(([code, rule]) => [
    `\`${code}\``,
    String(rule.http),
    String(rule.grpc),
    rule.retry,
    rule.actor,
    rule.means,
  ]);
  return [
    generatedFrom('shared/kernel/failure.ts'),
    '# Errors',
    INTRODUCTION,
    table(['code', 'HTTP', 'gRPC', 'retry', 'who acts', 'means'], rows),
  ].join('\n\n');
}
