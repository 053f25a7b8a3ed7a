/** A queued run whose function, or whose caller, is in the same process: messages stay objects. */
import type { FunctionEvent, FunctionResult } from '#template/function.ts';
import { FunctionsClient, LINES_TYPE, OBJECTS_TYPE } from '#shared/clients/functions-client.ts';
import { universe } from '#shared/contract/universe.ts';
import { inProcessTransport } from '#gateway/runtime/executors/in-process-transport.ts';

const operation = universe.syncPrices;
const REQUEST = { isins: ['US0SIM000166'], forceRefresh: true };
const HALF = { progressPct: 50, complete: false };
const WHOLE = { progressPct: 100, complete: true };
const { signal } = new AbortController();

function clientOf(answer: () => FunctionResult, withoutQueue = false) {
  const events: FunctionEvent[] = [];
  const call = async (_name: string, event: FunctionEvent) => {
    events.push(event);
    return answer();
  };
  const transport = inProcessTransport({ call }, { token: 'a-token', withoutQueue });
  return { client: new FunctionsClient(transport), events };
}

const objects = (...messages: readonly object[]) => ({
  headers: { 'content-type': OBJECTS_TYPE },
  body: each(messages),
});

async function* each<T>(messages: readonly T[], broken?: Error): AsyncGenerator<T> {
  yield* messages;
  if (broken) throw broken;
}

async function all(client: FunctionsClient): Promise<unknown[]> {
  const messages: unknown[] = [];
  const options = { signal, requestId: 'r-1' };
  for await (const message of client.stream(operation, REQUEST, options)) messages.push(message);
  return messages;
}

it('passes the request and each message as the objects they are', async () => {
  const { client, events } = clientOf(() => objects(HALF, WHOLE));
  const messages = await all(client);
  expect(messages[0]).toBe(HALF);
  expect(messages[1]).toBe(WHOLE);
  expect(events[0]?.message).toEqual(REQUEST);
  expect(JSON.parse(String(events[0]?.body))).toEqual(REQUEST);
  expect(events[0]?.headers).toMatchObject({ accept: LINES_TYPE });
});

it('fails with the failure that the stream ends with', async () => {
  const failure = { code: 'NOT_FOUND', message: 'not there' };
  const { client } = clientOf(() => objects(HALF, { failure }));
  await expect(all(client)).rejects.toMatchObject(failure);
});

it.each([
  ['ends before its last message', () => objects(HALF)],
  ['breaks off', () => ({ ...objects(), body: each([HALF], new Error('thread lost')) })],
])('goes on with the same run after a stream that %s', async (_how, broken) => {
  const answers = [broken, () => objects(HALF, WHOLE)];
  const { client, events } = clientOf(() => (answers.shift() ?? broken)());
  expect(await all(client)).toEqual([HALF, WHOLE]);
  const followers = events.map(({ headers }) => headers['x-follower']);
  expect(new Set(followers).size).toBe(1);
  expect(followers).toHaveLength(2);
});

it('reads lines, as a thread gives them', async () => {
  const lines = [HALF, WHOLE].map((message) => `${JSON.stringify(message)}\n`);
  const headers = { 'content-type': LINES_TYPE };
  const { client } = clientOf(() => ({ headers, body: each(lines) }));
  expect(await all(client)).toEqual([HALF, WHOLE]);
});

it('sends text where the run is not queued, since its messages are not read from text then', async () => {
  const { client, events } = clientOf(() => ({ body: each([JSON.stringify(WHOLE)]) }), true);
  expect(await all(client)).toEqual([WHOLE]);
  expect(events[0]?.message).toBeUndefined();
});
