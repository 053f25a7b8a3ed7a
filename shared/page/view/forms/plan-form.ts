/** The form that leaves out or reduces orders of a plan that waits. */
import type { PlannedAction } from '#protos/gen/planning.ts';
import { html, type Html } from '../html.ts';
import type { ViewContext } from '../view-context.ts';
import { bound } from './confirmations.ts';
import { messageView } from './confirmation.ts';
import { buttons } from './money-forms.ts';

export function planForm(context: ViewContext): Html {
  const { plan, proposal } = context.overview ?? {};
  if (!plan || proposal?.state !== 'PROPOSED')
    return messageView('Nothing to change', 'No plan waits for an answer.');
  return html`<section class="card form">
    <h1>Change the plan</h1>
    <p>
      Leave orders out, or make them smaller. What is left is weighed and checked again, and waits
      for your approval.
    </p>
    <form method="post" action="./">
      ${context.hidden('preview-change')}${bound(context)}
      <ol class="changes">
        ${plan.actions.map((action) => orderFields(context, action))}
      </ol>
      ${buttons()}
    </form>
  </section>`;
}

function orderFields({ format }: ViewContext, action: PlannedAction): Html {
  const { isin, symbol, side, quantity, value } = action;
  const verb = side === 'SELL' ? 'Sell' : 'Buy';
  return html`<li>
    <p>
      <b>${verb} ${format.number(quantity)} ${symbol}</b>
      <span class="much">${format.money(value)}</span>
    </p>
    <p>
      <label for="quantity-${isin}">Shares of ${symbol}, at most ${format.number(quantity)}</label
      ><input
        id="quantity-${isin}"
        name="quantity-${isin}"
        value="${format.editable(quantity)}"
        inputmode="decimal"
        autocomplete="off"
        required
      />
      <label><input type="checkbox" name="leave-${isin}" value="yes" /> leave ${symbol} out</label>
      <span class="onward"
        ><a href="?view=policy&amp;isin=${isin}">Not ${symbol} until a day…</a></span
      >
    </p>
  </li>`;
}
