/** The published description of Tradernet: its signatures, and each reply that the adapter reads. */
import { existsSync, readFileSync } from 'node:fs';
import { parseAnswer, isTradernetRefusal } from '#shared/clients/broker/tradernet/parse-answer.ts';
import * as shapes from '#shared/clients/broker/tradernet/shapes.ts';
import { signature } from '#shared/clients/broker/tradernet/signing.ts';
import { Failure } from '#shared/kernel/failure.ts';

const FILE = '../shared/markets/tradernet.json';
interface Vector {
  readonly privateKey: string;
  readonly timestamp: string;
  readonly body: string;
  readonly signature: string;
}
interface Published {
  readonly signing: { readonly vectors: readonly Vector[] };
  readonly errors: { readonly shapes: readonly { readonly name: string; readonly body: object }[] };
  readonly commands: Readonly<
    Record<string, { reply?: object; replyEmpty?: object; replyByType?: Record<string, object> }>
  >;
}

const there = existsSync(FILE);
const published = there ? (JSON.parse(readFileSync(FILE, 'utf8')) as Published) : undefined;
const whereThere = there ? it : it.skip;
const skipped = there ? '' : ` [skipped: ${FILE} is not here]`;
const commands = published?.commands ?? {};
const read = (body: object | undefined) => parseAnswer(JSON.stringify(body));

const replies = [
  ['putTradeOrder', shapes.placed, commands['putTradeOrder']?.reply],
  ['getNotifyOrderJson', shapes.currentOrders, commands['getNotifyOrderJson']?.reply],
  ['getNotifyOrderJson, empty', shapes.currentOrders, commands['getNotifyOrderJson']?.replyEmpty],
  ['getOrdersHistory', shapes.pastOrders, commands['getOrdersHistory']?.reply],
  ['getOrdersHistory, empty', shapes.pastOrders, commands['getOrdersHistory']?.replyEmpty],
  ['getTradesHistory', shapes.trades, commands['getTradesHistory']?.reply],
  ['getPositionJson', shapes.accountShape, commands['getPositionJson']?.reply],
  ['getUserCashFlows', shapes.cashFlows, commands['getUserCashFlows']?.reply],
  ['tickerFinder', shapes.found, commands['tickerFinder']?.reply],
  ['getMarketStatus', shapes.markets, commands['getMarketStatus']?.reply],
  ['trades', shapes.tradesReport, commands['getBrokerReport']?.replyByType?.['trades']],
  [
    'corporate actions',
    shapes.actionsReport,
    commands['getBrokerReport']?.replyByType?.['corporate_actions'],
  ],
] as const;

/** Every key of an answer, at any depth. */
function fieldsOf(given: unknown): string[] {
  if (given === null || typeof given !== 'object') return [];
  return Object.entries(given).flatMap(([key, value]) => [key, ...fieldsOf(value)]);
}

describe('the published description of Tradernet', () => {
  whereThere(`signs as its vectors say${skipped}`, () => {
    expect(published?.signing.vectors.length).toBeGreaterThan(0);
    for (const vector of published?.signing.vectors ?? [])
      expect(signature(vector.privateKey, vector.body, vector.timestamp)).toBe(vector.signature);
  });

  for (const [name, shape, reply] of replies)
    whereThere(`has a reply to ${name} that is understood${skipped}`, () => {
      const body = read(reply);
      expect(isTradernetRefusal(body)).toBe(false);
      const understood = shape.safeParse(body);
      expect(understood.error?.issues).toBeUndefined();
      if (/empty/.test(name)) expect(understood.data).toEqual([]);
    });

  whereThere(
    `has no call that replaces an order, and no row that names a successor${skipped}`,
    () => {
      expect(Object.keys(commands)).toEqual(
        expect.arrayContaining(['putTradeOrder', 'delTradeOrder', 'getOrdersHistory']),
      );
      const names = [
        ...Object.keys(commands),
        ...['getNotifyOrderJson', 'getOrdersHistory'].flatMap((name) => fieldsOf(commands[name])),
      ];
      expect(
        names.filter((name) => /replac|modif|amend|edit|chang|success|parent/i.test(name)),
      ).toEqual([]);
    },
  );

  whereThere(`has no error that is taken for an answer${skipped}`, () => {
    const kinds = (published?.errors.shapes ?? []).map(({ name, body }) => {
      try {
        return [name, isTradernetRefusal(read(body)) ? 'refused' : 'answer'];
      } catch (thrown) {
        return [name, Failure.from(thrown).code];
      }
    });
    expect(Object.fromEntries(kinds)).toEqual({
      ...{ common: 'refused', method: 'refused', both: 'refused', 'too many as body': 'TOO_BUSY' },
    });
  });
});
