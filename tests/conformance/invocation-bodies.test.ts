/** The sheet's section 8.4: bodies of a call and of its answer. */
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { ISOLATION_ANNOTATION, isolations } from '#gateway/runtime/deployments/isolation.ts';
import { openGate } from './gate.ts';
import { openRig, type Rig } from './rig.ts';
import { row } from './row-test.ts';
import { wire, type WireAnswer, type WireRequest } from './raw-http.ts';

const BYTES_MAX = 6_000_000;

let rig: Rig;

beforeAll(async () => {
  rig = await openRig({
    fixtures: ['echo', 'binary', 'gzip', 'typed', 'stream'],
    bodyBytesMax: BYTES_MAX,
  });
  for (const isolation of isolations) {
    const annotations = { [ISOLATION_ANNOTATION]: isolation };
    for (const fixture of ['gate', 'binary'])
      await rig.deploy(`${fixture}-${isolation}`, { image: `fixtures/${fixture}`, annotations });
  }
});
afterAll(() => rig.close());

const post = (path: string, request?: WireRequest): Promise<WireAnswer> =>
  wire(rig.url, 'POST', path, request);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

interface Echo {
  readonly body: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

const echoOf = ({ body }: WireAnswer): Echo => JSON.parse(body.toString()) as Echo;

row(86, async () => {
  const bytes = randomBytes(5_000_000);
  for (const isolation of isolations) {
    const answer = await post(`/function/binary-${isolation}`, { body: bytes });
    expect([answer.status, answer.body.length]).toEqual([200, bytes.length]);
    expect(sha256(answer.body)).toBe(sha256(bytes));
  }
});

row(87, async () => {
  const { body, headers } = echoOf(
    await post('/function/echo', { chunks: ['in ', 'three ', '✓'] }),
  );
  expect(body).toBe('in three ✓');
  expect(headers).not.toHaveProperty('content-length');
  expect(headers).not.toHaveProperty('transfer-encoding');
  const bytes = randomBytes(300_000);
  const chunks = [bytes.subarray(0, 100_000), bytes.subarray(100_000)];
  expect(sha256((await post('/function/binary', { chunks })).body)).toBe(sha256(bytes));
});

row(88, async () => {
  for (const request of [{}, { body: '' }, { chunks: [] }]) {
    const answer = await post('/function/echo', request);
    expect([answer.status, echoOf(answer).body]).toEqual([200, '']);
  }
});

row(89, async () => {
  const text = 'the same again '.repeat(1_000);
  const zipped = await post('/function/gzip', { body: text, headers: ['accept-encoding', 'gzip'] });
  expect(zipped.header('content-encoding')).toBe('gzip');
  expect(zipped.header('content-length')).toBe(String(zipped.body.length));
  expect(zipped.body.length).toBeLessThan(text.length / 10);
  expect(gunzipSync(zipped.body).toString()).toBe(text);
  // Nobody asks for it on the way where the caller did not.
  const plain = await post('/function/gzip', { body: text });
  expect([plain.header('content-encoding'), plain.body.toString()]).toEqual([undefined, text]);
  const fetched = await rig.call('POST', '/function/gzip', { body: text });
  expect(await fetched.text()).toBe(text);
});

row(90, async () => {
  const whole = Buffer.alloc(BYTES_MAX, 'x');
  expect((await post('/function/binary', { body: whole })).body.length).toBe(BYTES_MAX);
  const over = Buffer.alloc(BYTES_MAX + 1, 'x');
  const tooMuch = { body: over, chunks: [whole, 'x'], far: Buffer.alloc(5 * BYTES_MAX) };
  const requests = [{ body: tooMuch.body }, { chunks: tooMuch.chunks }, { body: tooMuch.far }];
  for (const request of requests) {
    const answer = await post('/function/binary', request);
    expect(answer.status).toBe(413);
    expect(answer.body.toString()).toContain(`${BYTES_MAX} bytes`);
    expect(answer.header('x-openfaas-internal')).toBe('faas-middleware');
    expect(answer.header('connection')).toBe('close');
  }
  expect((await post('/function/binary', { body: 'small' })).body.toString()).toBe('small');
});

row(91, async () => {
  for (const isolation of isolations) {
    const gate = await openGate();
    gate.open('entered');
    const request = httpRequest(`${rig.url}/function/gate-${isolation}?gate=${gate.url}&events=3`, {
      headers: { accept: 'text/event-stream' },
      agent: false,
    }).end();
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.headers['content-type']).toBe('text/event-stream');
    const chunks = response[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
    for (const i of [0, 1, 2]) {
      // The function makes the next one only when this one has arrived.
      if (i > 0) gate.open(`event-${i}`);
      expect(String((await chunks.next()).value)).toBe(`data: ${i}\n\n`);
    }
    expect((await chunks.next()).done).toBe(true);
    await gate.close();
  }
});
