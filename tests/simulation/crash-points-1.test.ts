/** One half of the suite's points; SIMULATION_SEED repeats a run. */
import { POINTS_EACH, SEED, countsText, half } from './crash-points.ts';

test(`${POINTS_EACH} points keep every invariant (seed ${SEED}, half 1)`, async () => {
  const report = await half(0);
  console.info(countsText(report));
  expect(report.violations).toEqual([]);
  expect([report.unhandled, report.leaks]).toEqual([[], []]);
  const points = Object.values(report.points).reduce((sum, count) => sum + count, 0);
  expect(points).toBe(POINTS_EACH);
}, 1_800_000);
