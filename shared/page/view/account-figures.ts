/** Value, paid in, gain and cash: one set of figures that add up. */
import { html, type Html } from './html.ts';
import { term } from './terms.ts';
import type { ViewContext } from './view-context.ts';

export function figures({ overview, format }: ViewContext): Html {
  const value = overview?.value;
  if (!value) return html``;
  return html`<section class="figures" data-part="figures" aria-label="Value">
    <div class="figure main">
      <h2>Value</h2>
      <p class="big">${format.money(value.total)}</p>
      <p class="under">${dayChange(format, value)}</p>
    </div>
    <div class="figure">
      <h2>${term('paid-in')}</h2>
      <p>${format.money(value.paidIn)}</p>
    </div>
    <div class="figure">
      <h2>Gain</h2>
      <p>${format.gain(value.gain, value.gainRatio)}</p>
    </div>
    <div class="figure">
      <h2>Cash</h2>
      <p>${format.money(value.cash)}</p>
      <p class="under">${term('free-cash')} ${format.money(value.freeCash)}</p>
      ${otherCash(format, value)}
    </div>
  </section>`;
}

/** What is held in other currencies: it counts, and pays for no order. */
function otherCash(
  format: ViewContext['format'],
  { otherCash: held, otherCashValue }: Shown,
): Html | string {
  if (held.length === 0) return '';
  const amounts = held.map((one, index) => html`${index > 0 && ', '}${format.money(one)}`);
  const worth = otherCashValue ? html` (worth ${format.money(otherCashValue)})` : '';
  return html`<p class="under">In other currencies: ${amounts}${worth}</p>`;
}

type Shown = NonNullable<NonNullable<ViewContext['overview']>['value']>;

function dayChange(format: ViewContext['format'], value: Shown): Html {
  const { missing, dayChange: change, dayChangeRatio, pricesDay } = value;
  if (missing !== '') return html`cannot be valued: ${missing}`;
  const prices = pricesDay === '' ? '' : html`prices of ${format.day(pricesDay)}`;
  if (!change) return html`${prices}`;
  return html`${format.gain(change, dayChangeRatio)} on the day · ${prices}`;
}
