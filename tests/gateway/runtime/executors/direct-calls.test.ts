import { Caller } from '#template/caller.ts';
import type { FunctionEvent, FunctionResult } from '#template/function.ts';
import { planning } from '#shared/contract/planning.ts';
import { GetPlanRequest } from '#protos/gen/planning.ts';
import { InProtobuf } from '#gateway/facade/protobuf-exchange.ts';
import { FunctionsClient, type CallOptions } from '#shared/clients/functions-client.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { inBytes } from '#gateway/runtime/executors/bytes-event.ts';
import {
  inProcessTransport,
  type HostContext,
} from '#gateway/runtime/executors/in-process-transport.ts';

const ANSWER = { found: false };
const REQUEST = { planId: 'a-plan' };

function clientOf(result: FunctionResult) {
  const calls: { event: FunctionEvent; context: HostContext }[] = [];
  const call = async (_name: string, event: FunctionEvent, context: HostContext) => {
    calls.push({ event, context });
    return result;
  };
  const client = new FunctionsClient(inProcessTransport({ call }, { token: 'a-token' }));
  return { client, calls };
}

const signal = new AbortController().signal;
const BYTES = Buffer.from(GetPlanRequest.encode(REQUEST).finish());
const options = (caller = new Caller()) => ({ signal, requestId: 'r-1', leaver: caller });

/** A call of the facade; the answer is what it would encode, as JSON. */
function encoded(client: FunctionsClient, given: CallOptions): Promise<Buffer> {
  const encode = (message: object): Buffer => Buffer.from(JSON.stringify(message));
  const method = { name: planning.getPlan.name, encode, takesProtobuf: false };
  const exchange = new InProtobuf(method, { bytes: BYTES, message: REQUEST });
  return client.exchange(planning.getPlan, exchange, given);
}

it('passes request and answer as the objects they are', async () => {
  const { client, calls } = clientOf({ body: ANSWER });
  expect(String(await encoded(client, options()))).toBe(JSON.stringify(ANSWER));
  expect(calls[0]?.event.message).toBe(REQUEST);
  expect(calls[0]?.event.headers).toMatchObject({
    authorization: 'Bearer a-token',
    'x-request-id': 'r-1',
    'x-call-id': 'r-1',
  });
});

it('makes no signal of its own', async () => {
  const { client, calls } = clientOf({ body: ANSWER });
  const caller = new Caller();
  const made = jest.spyOn(caller, 'signal', 'get');
  await encoded(client, options(caller));
  expect(calls[0]?.context.caller).toBe(caller);
  expect(made).not.toHaveBeenCalled();
});

it('calls nothing for a caller that has left', async () => {
  const { client, calls } = clientOf({ body: ANSWER });
  const caller = new Caller();
  const reason = new Failure('CANCELLED', 'left');
  caller.leave(reason);
  await expect(encoded(client, options(caller))).rejects.toBe(reason);
  expect(calls).toEqual([]);
});

it('reads an answer in bytes, as a thread gives it', async () => {
  const headers = { 'content-type': 'application/x-protobuf' };
  const { client } = clientOf({ headers, body: Buffer.from([8, 1]) });
  expect(await encoded(client, options())).toEqual(Buffer.from([8, 1]));
});

it('fails as the function failed, and with the age of a stale answer', async () => {
  const refused = new Failure('NOT_FOUND', 'no such plan').toJSON();
  const { client } = clientOf({ status: 404, body: JSON.stringify(refused) });
  const call = encoded(client, options());
  await expect(call).rejects.toMatchObject({ code: 'NOT_FOUND', message: 'no such plan' });
  const stale = clientOf({ headers: { 'x-stale-ms': '5000' }, body: ANSWER });
  const onStale = jest.fn();
  await encoded(stale.client, { ...options(), onStale });
  expect(onStale).toHaveBeenCalledWith(5_000);
});

it('copies request and answer for every other caller', async () => {
  const { client, calls } = clientOf({ body: ANSWER });
  const answer = await client.call(planning.getPlan, REQUEST, { signal, requestId: 'r-1' });
  expect(answer).toEqual(ANSWER);
  expect(answer).not.toBe(ANSWER);
  expect(calls[0]?.event.message).toBeUndefined();
});

it('is a call in bytes for what is none of ours, or runs on another thread', async () => {
  const { client, calls } = clientOf({ body: ANSWER });
  await encoded(client, options());
  const [{ event }] = calls as [(typeof calls)[0]];
  expect(inBytes(event)).toEqual({
    ...{ method: 'POST', path: '/', query: event.query, headers: event.headers },
    body: BYTES,
  });
});
