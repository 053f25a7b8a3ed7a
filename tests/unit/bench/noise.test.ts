/** Whether a bench was disturbed: what others took of the processors while it ran. */
import { otherWork } from '../../../bench/figures/noise.ts';

/** Hundredths of a second, as the kernel writes them. */
function machine() {
  let ms = 0;
  const others = { user: 500, idle: 9_000, stolen: 0 };
  const own = { itself: 10, ended: 30 };
  const read = (file: string): string =>
    file === '/proc/stat'
      ? `cpu  ${others.user + own.itself + own.ended} 0 20 ${others.idle} 7 0 3 ${others.stolen} 0 0\ncpu0 1 2 3\n`
      : `42 (a ) b) R 1 1 1 0 -1 0 0 0 0 0 ${own.itself} 0 ${own.ended} 0 20 0 1 0`;
  const around = { read, nowMs: () => ms, processors: 2 };
  return { around, others, own, pass: (seconds: number) => (ms += 1_000 * seconds) };
}

it('is none where only this process and its children worked', () => {
  const { around, own, others, pass } = machine();
  const share = otherWork(around);
  pass(10);
  own.itself += 200;
  own.ended += 900;
  others.idle += 900;
  expect(share()).toBe(0);
});

it('is the share of all processors that others had, and the host', () => {
  const { around, others, pass } = machine();
  const share = otherWork(around);
  pass(10);
  others.user += 300;
  others.stolen += 100;
  expect(share()).toBeCloseTo(0.2);
});

it('reads what the kernel says here', () => {
  const share = otherWork();
  const until = performance.now() + 20;
  while (performance.now() < until);
  expect(share()).toBeGreaterThanOrEqual(0);
  expect(share()).toBeLessThanOrEqual(2);
});
