/** Once a week, on Saturday from eight o'clock on: how things stand, on one screen. */
import { localTime } from '../model/delivery.ts';
import type { Found, NoticeInputs } from './notice.ts';
import { moneyText, msOf, percentText } from './wording.ts';

const WEEKDAY = 6;
const HOUR = 8;
const WEEK_MS = 7 * 86_400_000;

export function letter(inputs: NoticeInputs): Found[] {
  const { weekday, hour, day } = localTime(inputs.nowMs, inputs.zone);
  if (weekday !== WEEKDAY || hour < HOUR) return [];
  const text = [standing(inputs), value(inputs), results(inputs), week(inputs), next(inputs)]
    .flat()
    .filter((line) => line !== '')
    .join('\n');
  return [{ key: `letter:${day}`, kind: 'letter', headline: 'the week', text }];
}

function standing({ overview }: NoticeInputs): readonly string[] {
  return [overview.standing?.message ?? '', ...(overview.standing?.complaints ?? [])];
}

function value({ overview: { value: one }, withAmounts }: NoticeInputs): string {
  if (one?.total === undefined) return one?.missing ?? '';
  const gain = one.gainRatio === undefined ? '' : `gain ${percentText(one.gainRatio)}`;
  if (!withAmounts) return gain === '' ? '' : `On what you paid in: ${gain}.`;
  const sums = `Value ${moneyText(one.total)}, cash ${[one.cash, ...one.otherCash].map(moneyText).join(' and ')}, paid in ${moneyText(one.paidIn)}`;
  return `${sums}${gain === '' ? '' : `, ${gain}`}.`;
}

function results({ overview: { history } }: NoticeInputs): string {
  const points = history?.points ?? [];
  const [last, before] = [points.at(-1), points.at(-6)];
  const flows = last && before ? last.paidIn - before.paidIn : 0;
  const ofWeek =
    last && before && before.value > 0 ? (last.value - flows) / before.value - 1 : undefined;
  const figures = [
    ['five trading days', ofWeek],
    ['since the start', history?.returnRatio],
    [`benchmark ${history?.benchmark ?? ''}`, history?.benchmarkRatio],
  ] as const;
  const named = figures.flatMap(([name, ratio]) =>
    ratio === undefined ? [] : [`${name} ${percentText(ratio)}`],
  );
  return named.length === 0 ? '' : `Investments: ${named.join(', ')}.`;
}

function week({ overview: { orders, ledger }, proposals, nowMs }: NoticeInputs): string {
  const isOfWeek = (ms: number): boolean => nowMs - ms < WEEK_MS;
  const filled = orders.filter((one) => one.state === 'FILLED' && isOfWeek(msOf(one.requestedAt)));
  const paid = ledger.filter((one) => one.kind === 'dividend' && isOfWeek(msOf(one.happenedAt)));
  const silent = proposals.filter(
    ({ state, answeredAt, expiresAt }) =>
      state === 'EXPIRED' && answeredAt === undefined && isOfWeek(expiresAt),
  );
  const bought = filled.filter(({ side }) => side === 'BUY').length;
  const counts = `This week: ${bought} bought, ${filled.length - bought} sold, ${paid.length} dividends`;
  return `${counts}${silent.length === 0 ? '' : `, ${silent.length} plans not answered`}.`;
}

function next({ overview: { standing: one }, zone }: NoticeInputs): string {
  const ms = msOf(one?.nextCycleAt);
  return ms === 0 ? '' : `Next cycle: ${localTime(ms, zone).text} (${zone}).`;
}
