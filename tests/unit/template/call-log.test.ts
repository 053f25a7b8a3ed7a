import fc from 'fast-check';
import { logLine } from '#template/observe/call-log.ts';

it('writes an event as one line of JSON', () => {
  const line = logLine('warn', 'call', { callId: 'c-1', status: 200 });
  expect(JSON.parse(line)).toEqual({
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    level: 'warn',
    event: 'call',
    callId: 'c-1',
    status: 200,
  });
});

it('names where an error came from', () => {
  expect(logLine('error', 'fatal', { cause: new Error('why') })).toContain('Error: why');
});

it('is JSON of at most 4 KB on one line, whatever the facts', () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string(), fc.string({ unit: 'binary', maxLength: 9_000 })),
      (facts) => {
        const line = logLine('info', 'call', facts);
        expect(Buffer.byteLength(line)).toBeLessThanOrEqual(4096);
        expect(line).not.toMatch(/[\n\r]/);
        expect(() => JSON.parse(line) as unknown).not.toThrow();
      },
    ),
    { seed: 7, numRuns: 300 },
  );
});
