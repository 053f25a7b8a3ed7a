/** Direct calls: each request is parsed by its row, whether or not an operation is asked the same again. */
import { trading } from '#shared/contract/trading.ts';
import { DirectFunctions } from '#shared/replay/direct-functions.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { handle } from '#shared/runtime/handle.ts';

/** More than are kept of one operation, twice. */
const CALLS = 40;

const echo = handle(trading.getTradeStatus, ({ tradeId }) =>
  Promise.resolve({ found: false, execution: undefined, status: tradeId as never }),
);
const functions = new DirectFunctions([echo], () => ({}) as Dependencies);
const options = { signal: new AbortController().signal, requestId: 'r1' };
const ask = (tradeId: string) => functions.call(trading.getTradeStatus, { tradeId }, options);

it('answers each of many requests by what it asks for', async () => {
  for (let i = 0; i < CALLS; i += 1) {
    expect(await ask(`trade-${i}`)).toEqual({ found: false, status: `trade-${i}` });
    expect(await ask('trade-0')).toMatchObject({ status: 'trade-0' });
  }
});

it('parses requests of an operation that never repeat as any other', async () => {
  const own = new DirectFunctions([echo], () => ({}) as Dependencies);
  const askOwn = (tradeId: string) => own.call(trading.getTradeStatus, { tradeId }, options);
  for (let i = 0; i < CALLS; i += 1)
    expect(await askOwn(`trade-${i}`)).toEqual({ found: false, status: `trade-${i}` });
  await expect(askOwn('')).rejects.toMatchObject({ code: 'INVALID_REQUEST' });
  expect(await askOwn('trade-1')).toMatchObject({ status: 'trade-1' });
});
