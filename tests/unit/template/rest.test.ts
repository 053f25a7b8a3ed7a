/** When a container gives memory back. */
import { collectAtRest, giveBackPages } from '#template/observe/rest.ts';

const REST_MS = 6_000;
const MB = 1024 * 1024;
const given = globalThis.gc;
const gc = jest.fn();
/** A collection is two passes: the second gives back pages that the first has emptied. */
const PASSES = 2;

beforeEach(() => {
  jest.useFakeTimers();
  gc.mockReset();
  globalThis.gc = gc as unknown as NonNullable<typeof given>;
});
afterEach(() => {
  jest.useRealTimers();
  globalThis.gc = given;
});

it('collects once, when no call has ended for six seconds', () => {
  const ended = collectAtRest(() => true);
  jest.advanceTimersByTime(REST_MS - 1);
  ended();
  jest.advanceTimersByTime(REST_MS - 1);
  expect(gc).not.toHaveBeenCalled();
  jest.advanceTimersByTime(1);
  expect(gc).toHaveBeenCalledTimes(PASSES);
  jest.advanceTimersByTime(10 * REST_MS);
  expect(gc).toHaveBeenCalledTimes(PASSES);
});

it('collects again only when a megabyte has come since', () => {
  let bytes = 20 * MB;
  gc.mockImplementation(() => (bytes = Math.min(bytes, 10 * MB)));
  const ended = collectAtRest(
    () => true,
    () => bytes,
  );
  jest.advanceTimersByTime(REST_MS);
  expect(gc).toHaveBeenCalledTimes(PASSES);
  bytes += MB - 1;
  ended();
  jest.advanceTimersByTime(REST_MS);
  expect(gc).toHaveBeenCalledTimes(PASSES);
  bytes += 1;
  ended();
  jest.advanceTimersByTime(REST_MS);
  expect(gc).toHaveBeenCalledTimes(2 * PASSES);
});

it('leaves a running call alone, and collects after it', () => {
  let isIdle = false;
  const ended = collectAtRest(() => isIdle);
  jest.advanceTimersByTime(REST_MS);
  expect(gc).not.toHaveBeenCalled();
  isIdle = true;
  ended();
  jest.advanceTimersByTime(REST_MS);
  expect(gc).toHaveBeenCalledTimes(PASSES);
});

it('does nothing where Node offers no collection', () => {
  globalThis.gc = undefined;
  collectAtRest(() => true)();
  expect(jest.getTimerCount()).toBe(0);
});

it('asks versions after 20 for the pages that they keep', () => {
  giveBackPages(gc);
  const lastResort = { type: 'major', execution: 'sync', flavor: 'last-resort' };
  expect(gc.mock.calls).toEqual([process.version.startsWith('v20.') ? [] : [lastResort]]);
});
