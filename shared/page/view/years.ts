/** What was realised and earned, by tax year. */
import type { OverviewTaxYear } from '#protos/gen/overview.ts';
import type { Format } from './format.ts';
import { Html, html } from './html.ts';
import type { ViewContext } from './view-context.ts';

export function yearsSection({ overview, format, view, hasReplay }: ViewContext): Html {
  const years = overview?.taxYears ?? [];
  return html`<section class="card years" id="years" data-part="years">
    <h2>Gains and income by year</h2>
    <p class="under">By the tax year of the policy, from the ledger. Not tax advice.</p>
    ${years.length === 0 ? html`<p class="empty">Nothing yet.</p>` : html`${incomeBars(format, years, overview?.currency ?? '')}${view === 'holdings' ? table(format, years) : shortTable(format, years)}`}
    ${years.some(({ salesOfUnknownCost }) => salesOfUnknownCost > 0) && html`<p class="warning">Some sales took shares whose cost nobody knows; they count with a cost of 0.</p>`}
    ${hasReplay && html`<p class="onward"><a href="replay">The last replay</a>: other years, as the policy would have lived through them</p>`}
  </section>`;
}

function table(format: Format, years: readonly OverviewTaxYear[]): Html {
  return html`<div
    class="scroll"
    tabindex="0"
    role="region"
    aria-label="Gains and income by year, table"
  >
    <table>
      <caption class="sr">
        Gains and income by year
      </caption>
      <thead>
        <tr>
          <th scope="col">Year</th>
          <th scope="col">Realised gain</th>
          <th scope="col">Dividends</th>
          <th scope="col">Interest</th>
          <th scope="col">Tax withheld</th>
          <th scope="col">Sold for</th>
          <th scope="col">Cost of it</th>
          <th scope="col">Fees apart</th>
          <th scope="col">Tax, estimated</th>
        </tr>
      </thead>
      <tbody>
        ${years.map(
          (one) =>
            html`<tr>
              <th scope="row">${one.year}</th>
              <td>${format.gain(one.realisedGain)}</td>
              <td>${format.money(one.dividends)}</td>
              <td>${format.money(one.interest)}</td>
              <td>${format.money(one.taxWithheld)}</td>
              <td>${format.money(one.proceeds)}</td>
              <td>${format.money(one.cost)}</td>
              <td>${format.money(one.fees)}</td>
              <td>${format.money(one.estimatedTax)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

function shortTable(format: Format, years: readonly OverviewTaxYear[]): Html {
  return html`<table>
      <caption class="sr">
        Gains and income by year
      </caption>
      <thead>
        <tr>
          <th scope="col">Year</th>
          <th scope="col">Realised gain</th>
          <th scope="col">Dividends</th>
        </tr>
      </thead>
      <tbody>
        ${years.map(
          (one) =>
            html`<tr>
              <th scope="row">${one.year}</th>
              <td>${format.gain(one.realisedGain)}</td>
              <td>${format.money(one.dividends)}</td>
            </tr>`,
        )}
      </tbody>
    </table>
    <p class="onward">
      <a href="?view=holdings#years">Proceeds, cost, interest and tax withheld</a>
    </p>`;
}

/** Dividends and interest of each year as a bar; the table below says the same. */
function incomeBars(
  format: Format,
  years: readonly OverviewTaxYear[],
  currency: string,
): Html | false {
  const incomes = years.map(({ year, dividends, interest }) => ({
    year,
    income: Number(dividends?.amount ?? 0) + Number(interest?.amount ?? 0),
  }));
  const most = Math.max(...incomes.map(({ income }) => income));
  // One bar compares nothing.
  if (!(most > 0) || incomes.length < 2) return false;
  return html`<h3>Income</h3>
    <ul class="bars">
      ${incomes.map(
        ({ year, income }) =>
          html`<li>
            <span class="sym">${year}</span>
            ${new Html(`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"/><rect class="bar above" width="${Math.max(0, Math.round((income / most) * 1000) / 10)}" height="10"/></svg>`)}
            <span class="num amt">${format.about(income, currency)}</span>
          </li>`,
      )}
    </ul>`;
}
