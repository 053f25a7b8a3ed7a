/** Tax that is paid from the account: when it falls due, where its cash comes from, and what is left. */
import { parseReplayPolicy } from '#shared/replay/replay-policy-document.ts';
import { daysCsv } from '#shared/replay/report-csv.ts';
import { reportOf } from '#shared/replay/model/replay-report.ts';
import { runReplay, type ReplayRun } from '#shared/replay/run-replay.ts';
import { daysFrom, madeUpPast } from './made-up-past.ts';
import { replayedHandlers } from '../../../functions/gateway/run-replay/replayed-handlers.ts';

const DAYS = 340;
const days = daysFrom(DAYS);
const [from, to] = [days[30], days[DAYS - 1]];
if (!from || !to) throw new Error('there are days');
const window = { from, to };
const past = madeUpPast({ seed: 'taxed', days: DAYS });
const FIRST_OF_2020 = '2020-01-01';

const COMMON = `splits: declared
settings: { WEIGHT_MAX_RATIO: 1, MAXIMUM_ORDER_RATIO: 1, CASH_RESERVE_RATIO: 0 }
investmentPolicy: { tax: { gainRatio: 0.3, lossesOffsetGains: false } }`;
const replayed = (text: string): Promise<ReplayRun> =>
  runReplay({
    handlers: replayedHandlers,
    past,
    window,
    policy: parseReplayPolicy(`${COMMON}\n${text}`, 'taxed', 'EUR'),
  });
const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

/** What is held at the last close. */
function heldAtEnd({ shares }: ReplayRun): number {
  return sum(
    past.securities.map(({ isin, symbol }) => {
      const close = past.bars.get(isin)?.find(({ day }) => day === to)?.close ?? Number.NaN;
      return Number(shares[symbol]) * close;
    }),
  );
}

let [owed, paid] = [{} as ReplayRun, {} as ReplayRun];
beforeAll(async () => {
  owed = await replayed(weekly);
  paid = await replayed(`${weekly}\ntaxes: paid`);
});

const weekly = 'weights: { inverseVolatility: { window: 20 } }\nschedule: week';

test('the tax of a year leaves the account after it, and sales bring what cash does not', () => {
  const due = paid.days.filter(({ tax }) => tax !== undefined && tax > 0);
  expect(due.map(({ day }) => day)).toEqual([FIRST_OF_2020, to]);
  expect(sum(due.map(({ tax = 0 }) => tax))).toBeCloseTo(
    sum((paid.taxes ?? []).map(({ tax }) => tax)),
    6,
  );
  const before = (run: ReplayRun) => run.days.filter(({ day }) => day < FIRST_OF_2020);
  expect(before(paid).map(({ value }) => value)).toEqual(before(owed).map(({ value }) => value));
  const first = (run: ReplayRun) => run.days.find(({ day }) => day === FIRST_OF_2020)?.value ?? NaN;
  expect(first(paid) / (first(owed) - (due[0]?.tax ?? 0))).toBeCloseTo(1, 2);
  // The cash of that day goes first.
  expect(paid.days.find(({ day }) => day === FIRST_OF_2020)?.cash).toBe(0);
  // At the end no more is owed than what fell due that day: the tax of 2019 was paid.
  const last = paid.days.at(-1);
  expect(last?.value).toBeCloseTo(Number(paid.cash) + heldAtEnd(paid) - (last?.tax ?? 0), 6);
  expect(owed.days.every(({ tax }) => tax === undefined)).toBe(true);
});

test('a run that sells nothing owes nothing on gains that it did not realise', async () => {
  const run = await replayed('weights: equal\nschedule: once\nsells: false\ntaxes: paid');
  const last = run.days.at(-1);
  expect(last?.value).toBeCloseTo(Number(run.cash) + heldAtEnd(run), 6);
  expect(sum(run.days.map(({ tax = 0 }) => tax))).toBe(0);
});

test('the report takes it off once, and every day says what fell due', () => {
  const reportable = { ...paid, name: 'taxed' };
  const { run: reported } = reportOf(reportable, [], [0], 'seed');
  expect(reported.finalValueAfterTax).toBe(reported.finalValue);
  expect(reported.tax).toBeGreaterThan(0);
  const line = daysCsv([reportable])
    .split('\n')
    .find((one) => one.includes(FIRST_OF_2020));
  expect(Number(line?.split(',').at(-1))).toBeGreaterThan(0);
});

test('it is refused where no tax is stated', () => {
  const text = 'weights: equal\ntaxes: paid';
  expect(() => parseReplayPolicy(text, 'free.yaml', 'EUR')).toThrow(/free\.yaml\.taxes/);
});
