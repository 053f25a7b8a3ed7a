/** Value over time beside the benchmark and doing nothing, with payments marked; a table behind it. */
import type { OverviewHistory, OverviewPoint } from '#protos/gen/overview.ts';
import type { Format } from './format.ts';
import { Html, html } from './html.ts';
import { term } from './terms.ts';
import type { ViewContext } from './view-context.ts';

/** Comparisons say nothing before. */
const DAYS_MIN = 60;
const WIDTH = 1000;
const HEIGHT = 300;
const TICKS = 4;
const ROWS_MAX = 60;

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
  const sentence = sentenceOf(format, history, currency);
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
        aria-label="${sentence}"
      >
        ${scale.ticks.map((tick) => grid(scale.y(tick)))} ${area(points, scale)}
        ${shown.map((column) => line(points, column, scale))}
        ${history.flows.map(({ day, amount }) => flow(scale.x(day), amount))}
      </svg>
    </div>
    <p class="dates" aria-hidden="true">
      <span>${format.day(points[0]?.day ?? '')}</span
      ><span>${format.day(points.at(-1)?.day ?? '')}</span>
    </p>
    <figcaption>
      ${legend(history, shown)}
      <p>${sentence}</p>
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
  return Date.parse(`${day}T00:00:00Z`) / 86_400_000;
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

/** Up from the axis for a deposit, down from the top for a withdrawal. */
function flow(x: number, amount: number): Html {
  const path = amount > 0 ? `M${x} ${HEIGHT}v-14` : `M${x} 0v14`;
  return new Html(`<path class="flow ${amount > 0 ? 'in' : 'out'}" d="${path}"/>`);
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
    )}${flows.length > 0 && html`<li class="in">payments</li>`}
  </ul>`;
}

function sentenceOf(format: Format, history: OverviewHistory, currency: string): string {
  const { points, returnRatio, benchmarkRatio, drawdownRatio, dayCount } = history;
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last) return '';
  const from = `From ${format.about(first.value, currency)} on ${format.day(first.day)} to ${format.about(last.value, currency)}`;
  const grew =
    returnRatio === undefined ? '' : `; the investments made ${format.change(returnRatio)}`;
  const other =
    benchmarkRatio === undefined || dayCount < DAYS_MIN
      ? ''
      : `, the benchmark ${format.change(benchmarkRatio)}`;
  const fell = drawdownRatio ? `. Deepest fall ${format.percent(drawdownRatio)}` : '';
  return `${from}${grew}${other}${fell}.`;
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
    html`<td class="amt">${value === undefined ? '–' : format.about(value, currency)}</td>`;
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
