/** `trader audit` has a line for each call, with its outcome. */
import { AuditLine } from '#protos/gen/gateway.ts';
import { callsOf, callText } from '../../../cli/commands/system/audit-text.ts';

let sequence = 0;
const line = (event: string, parts: Partial<AuditLine> = {}): AuditLine =>
  AuditLine.fromPartial({
    ...{ event, sequence: (sequence += 1), operation: 'trading-execute-trade', caller: 'cli' },
    ...{ token: 'trade', requestId: 'r1', at: { seconds: String(1_700_000_000 + sequence) } },
    ...parts,
  });
/** @param lines oldest first */
const texts = (...lines: AuditLine[]) =>
  callsOf(lines.toReversed()).map((call) => callText(call).replace(/^.*?UTC /, ''));

it('joins begin and end of a call, also where calls overlap', () => {
  const other = { requestId: 'r2', subject: 'US0378331005', accountId: 'default' };
  const [first, second] = [line('called'), line('called', other)];
  const [firstEnd, secondEnd] = [
    line('ended', { failureCode: 'REFUSED' }),
    line('ended', { ...other, who: 'cli anna@desk', address: '10.0.0.3' }),
  ];
  expect(texts(first, second, firstEnd, secondEnd)).toEqual([
    'trading-execute-trade US0378331005 of default: done after 2.0 s, by cli, token trade',
    'trading-execute-trade: REFUSED after 2.0 s, by cli, token trade',
  ]);
});

it('tells calls of one request and operation apart by what they are about, and in their order', () => {
  const [a, b] = [{ subject: 'a' }, { subject: 'b' }];
  const lines = [line('called', a), line('called', b), line('ended', b), line('ended', a)];
  expect(texts(...lines)).toEqual([
    'trading-execute-trade b: done after 1.0 s, by cli, token trade',
    'trading-execute-trade a: done after 3.0 s, by cli, token trade',
  ]);
  expect(texts(line('called'), line('ended'), line('called'))).toEqual([
    'trading-execute-trade: no end recorded, by cli, token trade',
    'trading-execute-trade: done after 1.0 s, by cli, token trade',
  ]);
});

it('has calls that did not begin, those that have no end, and ends alone', () => {
  const refused = { failureCode: 'UNAUTHENTICATED', token: 'none' };
  expect(
    texts(
      line('ended', { failureCode: 'DEADLINE' }),
      line('refused', refused),
      line('refused', { ...refused, count: 37 }),
      line('cancelled', { run: 'run-1' }),
      line('called', { operation: 'page-sign-in', caller: 'page', token: 'passkey' }),
    ),
  ).toEqual([
    'page-sign-in: done, by page, token passkey',
    'trading-execute-trade: cancelled, by cli, token trade',
    'trading-execute-trade: refused UNAUTHENTICATED, 37 times, by cli, token none',
    'trading-execute-trade: refused UNAUTHENTICATED, by cli, token none',
    'trading-execute-trade: DEADLINE, by cli, token trade',
  ]);
});
