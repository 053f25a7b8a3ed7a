import { durationMs } from '#template/limits/durations.ts';
import { readLimits, sizeBytes } from '#template/limits/function-limits.ts';

it.each([
  ['10', 10_000],
  ['10s', 10_000],
  ['1m30s', 90_000],
  ['1h', 3_600_000],
  ['250ms', 250],
  ['1.5s', 1_500],
  ['500us', 0.5],
  ['0', 0],
  ['soon', undefined],
  ['-5s', undefined],
  ['10 s', undefined],
  ['', undefined],
])('reads the duration %s', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});

it.each([
  ['1024', 1_024],
  ['100kb', 102_400],
  ['1.5MB', 1_572_864],
  ['1 gb', 2 ** 30],
  ['10b', 10],
  ['many', undefined],
  ['-1kb', undefined],
  ['', undefined],
])('reads the size %s', (text, bytes) => {
  expect(sizeBytes(text)).toBe(bytes);
});

it.each([
  'port',
  'metrics_port',
  'read_timeout',
  'write_timeout',
  'exec_timeout',
  'healthcheck_interval',
  'max_inflight',
  'MAX_JSON_SIZE',
  'MAX_RAW_SIZE',
])('refuses a %s that it cannot read, naming it', (name) => {
  expect(() => readLimits({ [name]: 'a few' })).toThrow(`${name} is "a few"`);
});

it('takes a variable that is empty as one that is not set', () => {
  const names = ['port', 'exec_timeout', 'max_inflight', 'MAX_RAW_SIZE', 'ready_path'];
  expect(readLimits(Object.fromEntries(names.map((name) => [name, ''])))).toEqual(readLimits({}));
});

it('lets JSON be as large as any body, unless told otherwise', () => {
  expect(readLimits({ MAX_RAW_SIZE: '1mb' }).jsonBytesMax).toBe(2 ** 20);
  expect(readLimits({ MAX_RAW_SIZE: '1mb', MAX_JSON_SIZE: '1kb' }).jsonBytesMax).toBe(1024);
});

it('keeps a time that no timer of Node can hold below what one can', () => {
  expect(readLimits({ exec_timeout: '10000h' }).execTimeoutMs).toBe(2 ** 31 - 1);
});
