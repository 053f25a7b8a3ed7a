/** The status strip: the state of the system in one sentence, and the available actions. */
import type { OverviewStanding } from '#protos/gen/overview.ts';
import { html, type Html } from './html.ts';
import { icons } from './icons.ts';
import type { ViewContext } from './view-context.ts';

type Tone = 'good' | 'wait' | 'warn' | 'bad' | 'work';

const tones: Readonly<Record<string, readonly [Tone, Html]>> = {
  halted: ['bad', icons.stop],
  reducing: ['warn', icons.reduce],
  'outcome-unknown': ['bad', icons.warn],
  'prices-missing': ['warn', icons.warn],
  'board-away': ['warn', icons.warn],
  'prices-old': ['warn', icons.warn],
  'job-failed': ['warn', icons.warn],
  'calendar-ends': ['warn', icons.warn],
  waiting: ['wait', icons.wait],
  working: ['work', icons.work],
  healthy: ['good', icons.good],
};

/** Where what is wrong is seen, or mended. */
const remedies: Readonly<Record<string, readonly [view: string, name: string]>> = {
  'prices-old': ['job&job=sync-prices', 'Fetch prices now…'],
  'prices-missing': ['job&job=sync-prices', 'Fetch prices now…'],
  'outcome-unknown': ['system#orders', 'See the orders'],
  'board-away': ['system', 'See what works'],
  'job-failed': ['system#jobs', 'See the jobs'],
};

const UNKNOWN: readonly [Tone, Html] = ['warn', icons.unknown];

export function strip(context: ViewContext): Html {
  const { standing } = context.overview ?? {};
  if (!standing) return html``;
  const [tone, sign] = tones[standing.code] ?? UNKNOWN;
  return html`<section
    class="strip ${tone}"
    id="strip"
    data-part="strip"
    aria-label="How things stand"
  >
    <p>
      ${sign}<span
        ><b>${context.format.sentence(standing.message)}</b> ${since(context)}
        ${deadline(context, standing)} ${next(context, standing)}</span
      >
    </p>
    ${actions(context, standing)} ${others(context, standing)}
  </section>`;
}

function since({ overview, format }: ViewContext): Html | false {
  const changedAt = overview?.trading?.changedAt;
  const isRestricted = ['HALTED', 'REDUCING'].includes(overview?.trading?.state ?? '');
  return isRestricted && changedAt !== undefined && html`Since ${format.moment(changedAt)}.`;
}

/** Until when an answer counts, and what the orders come to. */
function deadline({ overview, format }: ViewContext, { code }: OverviewStanding): Html | false {
  const { plan, proposal } = overview ?? {};
  if (code !== 'waiting' || !plan || !proposal) return false;
  return html`Cash goes from ${format.money(plan.cashBefore)} to ${format.money(plan.cashAfter)}, it
  costs ${format.money(plan.expectedCost)}. Until ${format.moment(proposal.expiresAt)}; no answer
  means no.`;
}

function next({ format }: ViewContext, { code, nextCycleAt }: OverviewStanding): Html | false {
  const isQuiet = code === 'healthy' || code === 'waiting';
  return isQuiet && nextCycleAt !== undefined && html`Next cycle: ${format.moment(nextCycleAt)}.`;
}

function actions(context: ViewContext, { code }: OverviewStanding): Html | false {
  if (code === 'waiting') {
    const place = context.view === 'overview' ? '#plan' : './#plan';
    return html`<p class="acts"><a class="button" href="${place}">See the plan</a></p>`;
  }
  const [view, name] = remedies[code] ?? [];
  if (view === context.view) return false;
  if (view !== undefined)
    return html`<p class="acts"><a class="button" href="?view=${view}">${name}</a></p>`;
  if (code !== 'halted' && code !== 'reducing') return false;
  const { openOrders = [] } = context.overview?.trading ?? {};
  const open =
    openOrders.length > 0 &&
    html`<p>
      ${openOrders.length === 1 ? 'One order' : `${openOrders.length} orders`} at the broker can
      still be filled: <a href="?view=system#orders">see and cancel</a>.
    </p>`;
  return html`${open}
    <p class="acts">
      <a class="button" href="?view=resume">Resume…</a>${
        code === 'halted' && html`<a class="button" href="?view=reduce">Let sales through…</a>`
      }
    </p>`;
}

function others({ format }: ViewContext, { complaints }: OverviewStanding): Html | false {
  if (complaints.length === 0) return false;
  return html`<ul class="complaints">
    ${complaints.map((one) => html`<li>${icons.warn}${format.sentence(one)}</li>`)}
  </ul>`;
}
