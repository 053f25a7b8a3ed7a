/** Forms for money that comes or goes, and for a file of transactions. */
import { html, type Html } from '../html.ts';
import type { ViewContext } from '../view-context.ts';

const SHOW = 'Show what it does';

export function depositForm(context: ViewContext): Html {
  return amountForm(context, 'deposit', 'Note a deposit', invest());
}

export function withdrawalForm(context: ViewContext): Html {
  return amountForm(context, 'withdrawal', 'Note a withdrawal');
}

function amountForm(context: ViewContext, action: string, title: string, more?: Html): Html {
  const { overview, format } = context;
  return html`<section class="card form">
    <h1>${title}</h1>
    <p>Cash is ${format.money(overview?.value?.cash)} now.</p>
    <form method="post" action="./">
      ${context.hidden(`preview-${action}`)}
      <p>
        <label for="amount">Amount in ${overview?.currency}</label
        ><input
          id="amount"
          name="amount"
          inputmode="decimal"
          autocomplete="off"
          pattern="[0-9]+([.,][0-9]{1,2})?"
          required
          autofocus
        />
      </p>
      ${more} ${buttons()}
    </form>
  </section>`;
}

function invest(): Html {
  return html`<p>
    <label
      ><input type="checkbox" name="invest" value="yes" /> start a trading cycle that invests
      it</label
    >
  </p>`;
}

export function importForm(context: ViewContext): Html {
  return html`<section class="card form">
    <h1>Import transactions</h1>
    <p>
      An export of a broker, or the plain CSV that <code>docs/use/import.md</code> describes. Each
      row is booked once, however often it is imported.
    </p>
    <form method="post" action="./">
      ${context.hidden('preview-import')}
      <p data-file="content" hidden>
        <label for="file">The file</label><input id="file" type="file" accept=".csv,text/*" />
      </p>
      <p>
        <label for="content">Its text</label
        ><textarea id="content" name="content" rows="10" spellcheck="false" required></textarea>
      </p>
      ${buttons()}
    </form>
  </section>`;
}

export function buttons(): Html {
  return html`<p class="acts">
    <a class="button" href="./">Back</a> <button class="primary">${SHOW}</button>
  </p>`;
}
