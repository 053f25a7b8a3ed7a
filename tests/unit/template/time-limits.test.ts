import { limitTime } from '#template/limits/time-limits.ts';
import { setTimeout as sleep } from 'node:timers/promises';

/** A length that no other test has, so that its limits are alone. */
let nextLengthMs = 3_600_001;
const ownLength = (): number => (nextLengthMs += 1);

it('has one timer for limits of equal length, however many begin and end', () => {
  const armed = jest.spyOn(globalThis, 'setTimeout');
  const ms = ownLength();
  for (let i = 0; i < 1_000; i += 1) limitTime(ms, () => undefined).end();
  const open = Array.from({ length: 10 }, () => limitTime(ms, () => undefined));
  expect(armed).toHaveBeenCalledTimes(1);
  for (const limit of open) limit.end();
  armed.mockRestore();
});

it('does not keep the process', () => {
  const armed = jest.spyOn(globalThis, 'setTimeout');
  const limit = limitTime(ownLength(), () => undefined);
  expect((armed.mock.results[0]?.value as NodeJS.Timeout).hasRef()).toBe(false);
  limit.end();
  armed.mockRestore();
});

it('calls those that were not ended, once, in the order in which they began', async () => {
  const passed: string[] = [];
  const begin = (name: string) => limitTime(15, () => passed.push(name));
  const [first, second, third, fourth] = ['a', 'b', 'c', 'd'].map(begin);
  second?.end();
  second?.end();
  fourth?.end();
  await sleep(40);
  first?.end();
  third?.end();
  expect(passed).toEqual(['a', 'c']);
});

it('reaches a limit that began while another of its length was running', async () => {
  const passed: string[] = [];
  limitTime(20, () => passed.push('early'));
  await sleep(10);
  await new Promise<void>((resolve) => limitTime(20, () => (passed.push('late'), resolve())));
  expect(passed).toEqual(['early', 'late']);
});

it('may begin and end others when it is reached', async () => {
  const passed: string[] = [];
  await new Promise<void>((resolve) => {
    const begin = (): void => {
      passed.push('first');
      other.end();
      limitTime(5, () => (passed.push('next'), resolve()));
    };
    limitTime(5, begin);
    const other = limitTime(5, () => passed.push('ended'));
  });
  expect(passed).toEqual(['first', 'next']);
});
