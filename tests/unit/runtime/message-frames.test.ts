/** Frames of a stream in protobuf, in whatever chunks they arrive. */
import { endFrame, framesIn, messageFrame } from '#shared/contract/message-frames.ts';

const STREAM = Buffer.concat([
  messageFrame(Buffer.from('first')),
  messageFrame(Buffer.alloc(0)),
  messageFrame(Buffer.from('third')),
  endFrame({ code: 'NOT_FOUND' }),
]);
const WHOLE = [
  [false, 'first'],
  [false, ''],
  [false, 'third'],
  [true, '{"code":"NOT_FOUND"}'],
];

async function read(...chunks: readonly Uint8Array[]): Promise<unknown[]> {
  const frames: unknown[] = [];
  const arriving = (async function* () {
    yield* chunks;
  })();
  for await (const { isEnd, bytes } of framesIn(arriving)) frames.push([isEnd, String(bytes)]);
  return frames;
}

test('are the same in one chunk, byte by byte, and cut at every place', async () => {
  expect(await read(STREAM)).toEqual(WHOLE);
  expect(await read(...[...STREAM].map((byte) => Uint8Array.of(byte)))).toEqual(WHOLE);
  for (let at = 1; at < STREAM.length; at += 1)
    expect(await read(STREAM.subarray(0, at), STREAM.subarray(at))).toEqual(WHOLE);
});

test('a message of many chunks is joined once', async () => {
  const bytes = Buffer.alloc(100_000, 'x');
  const stream = messageFrame(bytes);
  const concat = jest.spyOn(Buffer, 'concat');
  const chunks = Array.from({ length: 1_001 }, (_, i) => stream.subarray(100 * i, 100 * (i + 1)));
  expect(await read(...chunks)).toEqual([[false, String(bytes)]]);
  expect(concat.mock.calls.length).toBeLessThan(4);
  concat.mockRestore();
});

test('one that is cut off is not given', async () => {
  expect(await read(STREAM.subarray(0, -1))).toEqual(WHOLE.slice(0, 3));
  expect(await read()).toEqual([]);
});

test('a length that no message has is refused', async () => {
  await expect(read(Buffer.from([0, 0xff, 0xff, 0xff, 0xff]))).rejects.toMatchObject({
    code: 'UPSTREAM_BROKEN',
  });
});
