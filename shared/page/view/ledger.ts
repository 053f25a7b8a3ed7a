/** Every movement of cash and shares, newest first. */
import type { OverviewLedgerLine } from '#protos/gen/overview.ts';
import type { Format } from './format.ts';
import { html, type Html } from './html.ts';
import type { ViewContext } from './view-context.ts';

const words: Readonly<Record<string, string>> = {
  buy: 'Bought',
  sell: 'Sold',
  deposit: 'Deposit',
  withdrawal: 'Withdrawal',
  dividend: 'Dividend of',
  tax: 'Tax withheld',
  interest: 'Interest',
  conversion: 'Exchange of currencies',
  fee: 'Fee',
  'transfer-in': 'Brought in',
  'transfer-out': 'Taken out',
  'external-in': 'Came from outside',
  'external-out': 'Went outside',
  'external-cash': 'Cash moved outside',
  charges: 'Charges of executions, not itemised yet',
  rounding: 'Rounding of executions by the broker',
};

/** @param most rows of the short form */
export function ledgerSection({ overview, format, view, query }: ViewContext, most?: number): Html {
  const all = overview?.ledger ?? [];
  const shown = most === undefined ? all : all.slice(0, most);
  return html`<section class="card ledger" data-part="ledger">
    ${view !== 'ledger' && html`<h2>Lately</h2>`}
    ${
      shown.length === 0
        ? html`<p class="empty">Nothing was booked yet.</p>`
        : html`<table>
            <caption class="sr">
              Movements, newest first
            </caption>
            <thead class="sr">
              <tr>
                <th scope="col">What</th>
                <th scope="col">When</th>
                <th scope="col">Cash</th>
              </tr>
            </thead>
            <tbody>
              ${shown.map((line) => row(format, line))}
            </tbody>
          </table>`
    }
    ${view === 'ledger' ? pages(query, all.length, overview?.ledgerCount ?? 0) : html`<p class="onward"><a href="?view=ledger">The whole ledger</a></p>`}
  </section>`;
}

function row(format: Format, line: OverviewLedgerLine): Html {
  const { kind, symbol, quantity, price, cash, happenedAt } = line;
  const shares = quantity === '' ? '' : `${format.number(quantity)} `;
  const at = price && html` <span class="under">at ${format.money(price)}</span>`;
  return html`<tr>
    <th scope="row">${words[kind] ?? kind} ${shares}${symbol}${at}</th>
    <td class="under when">${format.date(happenedAt)}</td>
    <td>${format.money(cash)}</td>
  </tr>`;
}

function pages(query: URLSearchParams, shown: number, total: number): Html {
  if (total === 0) return html``;
  const offset = Math.max(0, Number(query.get('offset')) || 0);
  const [newer, older] = [Math.max(0, offset - 50), offset + shown];
  return html`<p class="pages">
    ${offset > 0 && html`<a href="?view=ledger&amp;offset=${newer}">Newer</a>`}<span
      >${shown === 0 ? 0 : offset + 1} to ${older} of ${total}</span
    >${older < total && html`<a href="?view=ledger&amp;offset=${older}">Older</a>`}
  </p>`;
}
