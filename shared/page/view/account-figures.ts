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
    </div>
  </section>`;
}

function dayChange(
  format: ViewContext['format'],
  value: NonNullable<NonNullable<ViewContext['overview']>['value']>,
): Html {
  const { missing, dayChange: change, dayChangeRatio, pricesDay } = value;
  if (missing !== '') return html`cannot be valued: ${missing}`;
  const prices = pricesDay === '' ? '' : html`prices of ${format.day(pricesDay)}`;
  if (!change) return html`${prices}`;
  return html`${format.gain(change, dayChangeRatio)} on the day · ${prices}`;
}
