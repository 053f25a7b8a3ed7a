/** Which parts a view has. */
import { curveSection } from './curve.ts';
import { driftSection } from './drift.ts';
import { figures } from './account-figures.ts';
import { holdingsSection } from './holdings.ts';
import type { Register } from './access-sections.ts';
import { systemCard, systemViews, runSection } from './system-view.ts';
import { mayNot } from './role-text.ts';
import { html, type Html } from './html.ts';
import { ledgerSection } from './ledger.ts';
import { planSection } from './plan-section.ts';
import { strip } from './strip.ts';
import type { ViewContext } from './view-context.ts';
import { yearsSection } from './years.ts';

const HOLDINGS_SHORT = 8;
const LEDGER_SHORT = 6;

/** The names of the views with figures; all others are forms. */
export const viewNames = ['overview', 'holdings', 'ledger', 'system'] as const;

export function viewOf(context: ViewContext, register: Register): Html {
  switch (context.view) {
    case 'holdings':
      return html`<h1>Holdings</h1>
        ${strip(context)}${holdingsSection(context)}${yearsSection(context)}`;
    case 'ledger':
      return html`<h1>Ledger</h1>
        ${strip(context)}${ledgerSection(context)}`;
    case 'system':
      return html`<h1>System</h1>
        ${strip(context)}${systemViews(context, register)}`;
    default:
      return overviewOf(context);
  }
}

function overviewOf(context: ViewContext): Html {
  const { format, overview } = context;
  return html`<h1 class="sr">Overview</h1>
    ${strip(context)}${runSection(format, overview?.run)}${figures(context)}
    <div class="columns">
      <div>
        ${planSection(context)}${holdingsSection(context, HOLDINGS_SHORT)}${ledgerSection(context, LEDGER_SHORT)}
      </div>
      <div>
        ${curveSection(context)}${driftSection(context)}${yearsSection(context)}${changesCard(context)}${systemCard(context)}
      </div>
    </div>`;
}

function changesCard(context: ViewContext): Html {
  if (!context.may('trade'))
    return html`<section class="card" data-part="changes">
      <h2>Change something</h2>
      ${mayNot(context)}
    </section>`;
  const links = [
    ['deposit', 'Deposit'],
    ['withdrawal', 'Withdrawal'],
    ['import', 'Import'],
    ['targets', 'Targets'],
    ['policy', 'Policy'],
    ['trust', `Trust: ${context.overview?.trustLevel}`],
    ['reduce', 'Only sales'],
    ['job&job=trading-cycle', 'Run a cycle now'],
  ] as const;
  return html`<section class="card" data-part="changes">
    <h2>Change something</h2>
    <p class="under">Each shows its effect first.</p>
    <p class="acts changes-all">
      ${links.map(([view, name]) => html`<a class="button" href="?view=${view}">${name}…</a>`)}
    </p>
  </section>`;
}
