/** Value over time beside the benchmark and doing nothing, with payments marked; a table behind it. */
import type { OverviewHistory, OverviewPoint } from '#protos/gen/overview.ts';
import type { Format } from './format.ts';
import { DAY_MS } from '#shared/kernel/instant.ts';
import { Html, html } from './html.ts';
import { term } from './terms.ts';
import type { ViewContext } from './view-context.ts';

/** Comparisons say nothing before. */
const DAYS_MIN = 60;
const WIDTH = 1000;
const HEIGHT = 300;
const TICKS = 4;
const ROWS_MAX = 60;
/** Marks of payments that are told apart on a phone; more are summed. */
const FLOWS_MAX = 40;
const FLOW_HEIGHT = { least: 8, most: 26 } as const;

type Column = 'value' | 'benchmark' | 'doingNothing';

export function curveSection(context: ViewContext): Html {
  const { overview, format, query } = context;
  const history = overview?.history;
  const currency = overview?.currency ?? '';
  if (!history) return html``;
  return html`<section class="card curve" data-part="curve">
    <h2>How are we doing?</h2>
    ${history.points.length < 2 ? tooEarly() : html`${periods(query.get('period') ?? 'all')}${picture(format, history, currency)}`}
    ${measures(format, history)}
  </section>`;
}

function periods(current: string): Html {
  const all = [
    ['1y', '1 year'],
    ['3y', '3 years'],
    ['all', 'All'],
  ] as const;
  return html`<p class="periods">
    ${all.map(([key, text]) =>
      key === current
        ? html`<b aria-current="true">${text}</b>`
        : html`<a href="?period=${key}">${text}</a>`,
    )}
  </p>`;
}

function tooEarly(): Html {
  return html`<p class="empty">
    Too early for a picture: it begins with the second day, comparisons after ${DAYS_MIN} days.
  </p>`;
}

function picture(format: Format, history: OverviewHistory, currency: string): Html {
  const isLong = history.dayCount >= DAYS_MIN;
  const shown: readonly Column[] = isLong ? ['doingNothing', 'benchmark', 'value'] : ['value'];
  const { points } = history;
  const scale = scaleOf(points, shown);
  const about = (value: number): Html => html`${format.about(value, currency)}`;
  return html`<figure>
    <div class="plot">
      <ol class="ticks" aria-hidden="true">
        ${scale.ticks
          .toReversed()
          .map((tick) => html`<li class="amt">${format.compact(tick)}</li>`)}
      </ol>
      <svg
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        preserveAspectRatio="none"
        role="img"
        aria-label="${sentenceOf(format, history, about)}"
      >
        ${scale.ticks.map((tick) => grid(scale.y(tick)))}${halfway()} ${area(points, scale)}
        ${shown.map((column) => line(points, column, scale))}${flowMarks(history, scale)}
      </svg>
      <p class="dates" aria-hidden="true">
        ${datesBelow(points).map((day) => html`<span>${format.day(day)}</span>`)}
      </p>
    </div>
    <figcaption>
      ${legend(history, shown)}
      <p>${sentenceOf(format, history, (value) => format.aboutMarked(value, currency))}</p>
      ${!isLong && html`<p class="under">Too early to compare: ${history.dayCount} of ${DAYS_MIN} days.</p>`}
    </figcaption>
    ${table(format, history, shown, currency)}
  </figure>`;
}

interface Scale {
  readonly ticks: readonly number[];
  x(day: string): number;
  y(value: number): number;
}

function scaleOf(points: readonly OverviewPoint[], shown: readonly Column[]): Scale {
  const values = points.flatMap((point) => shown.flatMap((column) => point[column] ?? []));
  const [low, high] = values.reduce(
    ([least, most], value) => [Math.min(least, value), Math.max(most, value)],
    [Infinity, -Infinity],
  );
  const step = niceStep((high - low || Math.abs(high) || 1) / TICKS);
  const from = Math.floor(low / step) * step;
  const count = Math.max(1, Math.ceil((high - from) / step));
  const ticks = Array.from({ length: count + 1 }, (_, index) => from + index * step);
  const [first, last] = [dayNumber(points[0]?.day), dayNumber(points.at(-1)?.day)];
  return {
    ticks,
    x: (day) => round((WIDTH * (dayNumber(day) - first)) / (last - first || 1)),
    y: (value) => round(HEIGHT - (HEIGHT * (value - from)) / (count * step)),
  };
}

/** 1, 2 or 5 times a power of ten, not below. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough) ?? 10;
  return factor * power;
}

function dayNumber(day = ''): number {
  return Date.parse(`${day}T00:00:00Z`) / DAY_MS;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function grid(y: number): Html {
  return new Html(`<path class="grid" d="M0 ${y}H${WIDTH}"/>`);
}

function line(points: readonly OverviewPoint[], column: Column, scale: Scale): Html {
  return new Html(`<path class="line ${column}" d="${pathOf(points, column, scale)}"/>`);
}

/** A day that is missing leaves a gap, never a spike. */
function pathOf(points: readonly OverviewPoint[], column: Column, { x, y }: Scale): string {
  let pen = 'M';
  return points
    .map((point) => {
      const value = point[column];
      if (value === undefined) pen = 'M';
      if (value === undefined) return '';
      const step = `${pen}${x(point.day)} ${y(value)}`;
      pen = 'L';
      return step;
    })
    .join('');
}

function area(points: readonly OverviewPoint[], scale: Scale): Html {
  const [first, last] = [points[0]?.day ?? '', points.at(-1)?.day ?? ''];
  const path = pathOf(points, 'value', scale);
  return new Html(
    `<path class="area" d="${path}L${scale.x(last)} ${HEIGHT}L${scale.x(first)} ${HEIGHT}Z"/>`,
  );
}

interface Flow {
  readonly x: number;
  readonly amount: number;
}

/** The taller, the more; those that would touch each other are one mark, with their sum. */
function flowMarks({ flows }: OverviewHistory, scale: Scale): Html {
  const placed = flows.map(({ day, amount }) => ({ x: scale.x(day), amount }));
  const [paidIn, paidOut] = [true, false].map((isIn) =>
    summed(placed.filter(({ amount }) => amount > 0 === isIn)),
  );
  const all = [...(paidIn ?? []), ...(paidOut ?? [])];
  const most = Math.max(...all.map(({ amount }) => Math.abs(amount)));
  return html`${all.map((one) => flowMark(one, most))}`;
}

function summed(flows: readonly Flow[]): readonly Flow[] {
  if (flows.length <= FLOWS_MAX) return flows;
  const width = WIDTH / FLOWS_MAX;
  const sums = new Map<number, number>();
  for (const { x, amount } of flows) {
    const bin = Math.min(FLOWS_MAX - 1, Math.floor(x / width));
    sums.set(bin, (sums.get(bin) ?? 0) + amount);
  }
  return [...sums].map(([bin, amount]) => ({ x: round((bin + 0.5) * width), amount }));
}

/** Up from the axis for a deposit, down from the top for a withdrawal. */
function flowMark({ x, amount }: Flow, most: number): Html {
  const { least, most: tallest } = FLOW_HEIGHT;
  const height = round(least + ((tallest - least) * Math.abs(amount)) / most);
  const path = amount > 0 ? `M${x} ${HEIGHT}v-${height}` : `M${x} 0v${height}`;
  return new Html(`<path class="flow ${amount > 0 ? 'in' : 'out'}" d="${path}"/>`);
}

function halfway(): Html {
  return new Html(`<path class="grid" d="M${WIDTH / 2} 0V${HEIGHT}"/>`);
}

/** The first day, the one in the middle and the last. */
function datesBelow(points: readonly OverviewPoint[]): string[] {
  const [first = '', last = ''] = [points[0]?.day, points.at(-1)?.day];
  const middleMs = ((dayNumber(first) + dayNumber(last)) / 2) * DAY_MS;
  return [first, new Date(middleMs).toISOString().slice(0, 10), last];
}

const names: Readonly<Record<Column, string>> = {
  value: 'yours',
  benchmark: 'benchmark',
  doingNothing: 'had you done nothing',
};

function legend({ benchmark, flows }: OverviewHistory, shown: readonly Column[]): Html {
  const entries = shown.toReversed().filter((column) => column !== 'benchmark' || benchmark !== '');
  return html`<ul class="legend">
    ${entries.map(
      (column) =>
        html`<li class="${column}">
          ${names[column]}${column === 'benchmark' && html` ${benchmark}`}
        </li>`,
    )}${flowLegend(flows)}
  </ul>`;
}

function flowLegend(flows: OverviewHistory['flows']): Html {
  const deposits = flows.filter(({ amount }) => amount > 0).length;
  const withdrawals = flows.length - deposits;
  const several = (count: number): string => (count > FLOWS_MAX ? ', several to a mark' : '');
  return html`${deposits > 0 && html`<li class="in">deposits${several(deposits)}</li>`}${withdrawals > 0 && html`<li class="out">withdrawals${several(withdrawals)}</li>`}`;
}

function sentenceOf(
  format: Format,
  history: OverviewHistory,
  about: (value: number) => Html,
): Html {
  const { points, returnRatio, benchmarkRatio, drawdownRatio, dayCount } = history;
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return html``;
  const from = html`From ${about(first.value)} on ${format.day(first.day)} to ${about(last.value)}`;
  const grew =
    returnRatio === undefined ? '' : `; the investments made ${format.change(returnRatio)}`;
  const other =
    benchmarkRatio === undefined || dayCount < DAYS_MIN
      ? ''
      : `, the benchmark ${format.change(benchmarkRatio)}`;
  const fell = drawdownRatio ? `. Deepest fall ${format.percent(drawdownRatio)}` : '';
  return html`${from}${grew}${other}${fell}.`;
}

function table(
  format: Format,
  { points }: OverviewHistory,
  shown: readonly Column[],
  currency: string,
): Html {
  const step = Math.ceil(points.length / ROWS_MAX);
  const rows = points.filter((_, index) => index % step === 0 || index === points.length - 1);
  const columns = shown.toReversed();
  const cell = (value: number | undefined): Html =>
    html`<td>
      ${value === undefined ? '–' : html`<span class="amt">${format.whole(value)}</span>`}
    </td>`;
  return html`<details class="more" id="curve-table">
    <summary>As a table</summary>
    <div class="scroll" tabindex="0" role="region" aria-label="Value over time, table">
      <table>
        <caption>
          Value over time, in ${currency}
        </caption>
        <thead>
          <tr>
            <th scope="col">Day</th>
            <th scope="col">Paid in</th>
            ${columns.map((column) => html`<th scope="col">${names[column]}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            (point) =>
              html`<tr>
                <th scope="row">${format.day(point.day)}</th>
                ${cell(point.paidIn)}${columns.map((column) => cell(point[column]))}
              </tr>`,
          )}
        </tbody>
      </table>
    </div>
  </details>`;
}

function measures(format: Format, history: OverviewHistory): Html | false {
  const { returnRatio, moneyWeightedRatio, drawdownRatio, volatilityRatio, sharpeRatio } = history;
  if (history.dayCount < DAYS_MIN) return false;
  const all = [
    [term('return'), format.change(returnRatio)],
    [term('money-weighted'), format.change(moneyWeightedRatio)],
    [term('drawdown'), format.percent(drawdownRatio)],
    [term('volatility'), format.percent(volatilityRatio)],
    [term('sharpe'), sharpeRatio === undefined ? '–' : format.number(sharpeRatio.toFixed(2))],
  ] as const;
  return html`<dl class="measures">
    ${all.map(
      ([name, text]) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${text}</dd>
        </div>`,
    )}
  </dl>`;
}
