/** How far each holding is from its target: a bar, the target as a mark, and the same in words. */
import type { OverviewHolding } from '#protos/gen/overview.ts';
import type { Format } from './format.ts';
import { Html, html } from './html.ts';
import { term } from './terms.ts';
import type { ViewContext } from './view-context.ts';

const SHOWN = 6;

interface Drifting extends OverviewHolding {
  readonly weight: number;
  readonly target: number;
  readonly drift: number;
}

export function driftSection({ overview, format }: ViewContext): Html {
  const all = drifting(overview?.holdings ?? []);
  if (all.length === 0)
    return html`<section class="card drift" data-part="drift">
      <h2>${term('drift')}</h2>
      <p class="empty">The next plan sets targets.</p>
    </section>`;
  const scale = Math.max(...all.map(({ weight, target }) => Math.max(weight, target))) || 1;
  const item = (one: Drifting): Html => driftItem(format, one, scale);
  return html`<section class="card drift" data-part="drift">
    <h2>${term('drift')}</h2>
    <ul class="bars">
      ${all.slice(0, SHOWN).map(item)}
    </ul>
    ${
      all.length > SHOWN &&
      html`<details class="more" id="drift-more">
        <summary>${all.length - SHOWN} more</summary>
        <ul class="bars">
          ${all.slice(SHOWN).map(item)}
        </ul>
      </details>`
    }
  </section>`;
}

function drifting(holdings: readonly OverviewHolding[]): Drifting[] {
  return holdings
    .flatMap((one) => {
      const { weightRatio: weight, targetRatio: target } = one;
      if (weight === undefined || target === undefined) return [];
      return [{ ...one, weight, target, drift: weight - target }];
    })
    .sort((a, b) => Math.abs(b.drift) - Math.abs(a.drift));
}

function driftItem(
  format: Format,
  { symbol, weight, target, drift }: Drifting,
  scale: number,
): Html {
  const [bar, mark] = [weight, target].map((share) => Math.round((share / scale) * 960) / 10);
  const side = drift >= 0 ? 'above' : 'below';
  return html`<li>
    <span class="sym">${symbol}</span>
    ${new Html(`<svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="track" width="100" height="10"/><rect class="bar ${side}" width="${bar}" height="10"/><path class="mark" d="M${mark} -1v12"/></svg>`)}
    <span class="num"
      >${format.percent(weight)} <span class="under">of ${format.percent(target)}</span></span
    >
    <span class="side"
      >${drift === 0 ? 'on target' : `${format.percent(Math.abs(drift))} ${side}`}</span
    >
  </li>`;
}
