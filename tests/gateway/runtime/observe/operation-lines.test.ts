import { FunctionLogs } from '#gateway/runtime/observe/function-logs.ts';
import { operationLines } from '#gateway/runtime/invoke/operation-lines.ts';
import { openLog } from '#shared/process/log.ts';

/** A log over a host with these functions, and its output for the given lines. */
function listening(deployed: readonly string[]) {
  const logs = new FunctionLogs();
  const find = (name: string) => (deployed.includes(name) ? { spec: { name } } : undefined);
  const written: string[] = [];
  const host = { find, logs } as unknown as Parameters<
    typeof operationLines
  >[0] extends () => infer H
    ? H
    : never;
  const log = openLog(
    'info',
    operationLines(
      () => host,
      (line) => void written.push(line),
    ),
  );
  const textsOf = (name: string) => logs.lines(name).map(({ text }) => JSON.parse(text) as unknown);
  return { log, written, textsOf };
}

it("writes an operation's log lines to its function's log, and to stderr", () => {
  const { log, written, textsOf } = listening(['planning-create-plan']);
  log.with({ operation: 'planning-create-plan', callId: 'c' }).error('call-failed', { n: 1 });
  const line = { level: 'error', event: 'call-failed', operation: 'planning-create-plan' };
  expect(textsOf('planning-create-plan')).toEqual([expect.objectContaining({ ...line, n: 1 })]);
  expect(written).toHaveLength(1);
});

it("writes them to the service's log where operations are packed", () => {
  const { log, textsOf } = listening(['planning']);
  log.with({ operation: 'planning-create-plan' }).info('said');
  expect(textsOf('planning')).toHaveLength(1);
});

it('writes lines of no function to stderr only', () => {
  const { log, written, textsOf } = listening(['planning']);
  log.info('redis-lost');
  log.info('said', { operation: 'scoring-score-all' });
  log.debug('said', { operation: 'planning-create-plan' });
  expect([written.length, textsOf('planning')]).toEqual([2, []]);
});
