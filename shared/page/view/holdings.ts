/** Holdings with their lots, in the account's currency. */
import type { OverviewHolding, OverviewLot } from '#protos/gen/overview.ts';
import type { Format } from './format.ts';
import { html, type Html } from './html.ts';
import type { ViewContext } from './view-context.ts';

/** @param most rows of the short form; the full view shows what it is given */
export function holdingsSection({ overview, format, view }: ViewContext, most?: number): Html {
  const all = overview?.holdings.filter(({ quantity }) => quantity !== '0') ?? [];
  const shown = most === undefined ? all : all.slice(0, most);
  // Securities that only have a target count there, too.
  const received = overview?.holdings.length ?? 0;
  const total = overview?.holdingCount ?? 0;
  return html`<section class="card holdings" data-part="holdings">
    ${view !== 'holdings' && html`<h2>Holdings</h2>`}
    ${
      shown.length === 0
        ? html`<p class="empty">Nothing is held; all is cash.</p>`
        : html`<table>
            <caption class="sr">
              Holdings, the largest first
            </caption>
            <thead>
              <tr>
                <th scope="col">Security</th>
                <th scope="col" class="opt">Shares</th>
                <th scope="col" class="opt">Price</th>
                <th scope="col">Value</th>
                <th scope="col">Gain</th>
                <th scope="col" class="opt">Share</th>
              </tr>
            </thead>
            <tbody>
              ${shown.map((one) => row(format, one, overview?.value?.pricesDay ?? ''))}
            </tbody>
          </table>`
    }
    ${view !== 'holdings' && html`<p class="onward"><a href="?view=holdings">All holdings and lots</a></p>`}
    ${view === 'holdings' && total > received && html`<p class="onward">The first ${format.number(received)} of ${format.number(total)} are shown. <a href="?view=holdings&amp;rows=10000">Show all</a></p>`}
  </section>`;
}

/** What a reader has to know of the price. */
function priceNote(format: Format, one: OverviewHolding, pricesDay: string): Html | false {
  if (one.pricedAtCost) return html` · no price, shown at cost`;
  const isOld = one.priceDay !== '' && one.priceDay < pricesDay;
  return isOld && html` · price of ${format.day(one.priceDay)}`;
}

function row(format: Format, one: OverviewHolding, pricesDay: string): Html {
  return html`<tr>
    <th scope="row">
      <details id="h-${one.isin}">
        <summary>${one.symbol}</summary>
        ${lots(format, one)}
      </details>
      <span class="under">${one.name}${priceNote(format, one, pricesDay)}</span>
    </th>
    <td class="opt">${format.number(one.quantity)}</td>
    <td class="opt">${format.money(one.price)}</td>
    <td>${format.money(one.value)}</td>
    <td>${gain(format, one)}</td>
    <td class="opt">${format.percent(one.weightRatio)}</td>
  </tr>`;
}

function gain(format: Format, { gain: money, gainRatio, value }: OverviewHolding): Html {
  if (money) return format.gain(money, gainRatio);
  return value ? html`<span class="under">cost unknown</span>` : html`–`;
}

function lots(format: Format, holding: OverviewHolding): Html {
  const { isin, sector, country, quantity, price } = holding;
  const facts = [isin, sector, country].filter((text) => text !== '').join(' · ');
  return html`<div class="lots">
    <p>${facts}</p>
    <p>${format.number(quantity)} shares at ${format.money(price)}</p>
    <ul class="plain">
      ${holding.lots.map((lot) => lotItem(format, lot))}
    </ul>
  </div>`;
}

function lotItem(format: Format, { day, quantity, cost }: OverviewLot): Html {
  return html`<li>
    ${format.day(day)}: ${format.number(quantity)} for
    ${cost ? format.money(cost) : 'an unknown cost'}
  </li>`;
}
