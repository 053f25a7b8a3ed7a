/** For what a program does on one day: prices of the sample are those of the day in UTC. */
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { instantOf } from '#shared/kernel/instant.ts';

/**
 * Does the work again where midnight came meanwhile, whatever came of it.
 * @param work stands on nothing that it has left behind itself; it is given the day
 */
export async function withinOneDay<T>(work: (day: string) => Promise<T>): Promise<T> {
  const today = (): string => dayOf(instantOf(Date.now()));
  for (;;) {
    const day = today();
    const done = await work(day).then(
      (value) => ({ value }),
      (thrown: unknown) => ({ thrown }),
    );
    if (day !== today()) continue;
    if ('thrown' in done) throw done.thrown;
    return done.value;
  }
}
