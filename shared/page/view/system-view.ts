/** The system: what depends on what, jobs and runs, orders on the way, who is signed in, who did what. */
import type {
  OverviewJob,
  OverviewOrder,
  OverviewRun,
  OverviewService,
} from '#protos/gen/overview.ts';
import type { Format } from './format.ts';
import { html, type Html } from './html.ts';
import { accessSections, type Register } from './access-sections.ts';
import { callsSection } from './call-graph.ts';
import { noticesSection } from './notice-channels.ts';
import { icons } from './icons.ts';
import { mayNot } from './role-text.ts';
import { serviceMap } from './service-map.ts';
import type { ViewContext } from './view-context.ts';

export function systemViews(context: ViewContext, register: Register): Html {
  const { overview, format } = context;
  return html`${runSection(format, overview?.run)}
    <div class="columns">
      <div>
        ${servicesSection(context)}${callsSection(format, register.calls)}${jobsSection(context)}
      </div>
      <div>
        ${ordersSection(context)}${noticesSection(context, register.notices)}${context.session && accessSections(context, register)}
      </div>
    </div>`;
}

/** The short form on the overview. */
export function systemCard({ overview, format }: ViewContext): Html {
  const services = overview?.services ?? [];
  const unhealthy = services.filter(({ healthy }) => !healthy);
  const boards = new Set(services.map(({ board }) => board).filter((board) => board !== ''));
  const failed = overview?.jobs.filter(({ status }) => status === 'failed') ?? [];
  const where = boards.size === 0 ? 'one machine' : `${boards.size} boards`;
  return html`<section class="card system" data-part="system">
    <h2>System</h2>
    <p class="sign">
      ${unhealthy.length === 0 ? icons.good : icons.warn}<span
        >${services.length - unhealthy.length} of ${services.length} services work, on
        ${where}.</span
      >
    </p>
    <p class="sign">
      ${failed.length === 0 ? icons.good : icons.warn}<span
        >${failed.length === 0 ? 'No job has failed.' : `Failed: ${failed.map(({ name }) => name).join(', ')}.`}</span
      >
    </p>
    <p class="sign">
      ${icons.wait}<span
        >${overview?.standing?.nextCycleAt ? html`Next cycle: ${format.moment(overview.standing.nextCycleAt)}` : 'No cycle is scheduled.'}</span
      >
    </p>
    <p class="onward"><a href="?view=system">Services, jobs, orders</a></p>
  </section>`;
}

export function runSection(format: Format, run: OverviewRun | undefined): Html | false {
  if (!run) return false;
  const steps = [
    'sync-positions',
    'sync-prices',
    'snapshot',
    'score',
    'optimise',
    'plan',
    'validate',
    'execute',
    'book',
    'report',
  ];
  const done = steps.filter((step) => run.stepsDone.includes(step)).length;
  return html`<section class="card run" data-part="run">
    <h2>A trading cycle runs</h2>
    <p>
      <progress id="run" max="${steps.length}" value="${done}">${done} of ${steps.length}</progress>
    </p>
    <p>
      Since ${format.moment(run.startedAt)}; done:
      ${run.stepsDone.join(', ') || 'nothing yet'}.${run.dryRun && ' It sends no order.'}
    </p>
  </section>`;
}

function servicesSection({ overview }: ViewContext): Html {
  const byBoard = new Map<string, OverviewService[]>();
  for (const one of overview?.services ?? [])
    byBoard.set(one.board, [...(byBoard.get(one.board) ?? []), one]);
  return html`<section class="card services" data-part="services">
    <h2>What depends on what</h2>
    ${serviceMap(overview?.services ?? [], {
      broker: overview?.trading?.broker ?? 'broker',
      prices: overview?.trading?.marketData ?? 'prices',
    })}
    ${overview?.services.filter(({ healthy }) => !healthy).map(({ name, status }) => html`<p class="warning">${name}: ${status}</p>`)}
    <details class="more" id="service-list">
      <summary>As a list</summary>
      <ul class="tree">
        <li>
          <b>Gateway</b> <span class="under">this page, schedules, calls</span>
          <ul>
            ${[...byBoard].map(
              ([board, services]) =>
                html`<li>
                  <b>${board === '' ? 'This machine' : board}</b>
                  <ul>
                    ${services.map(service)}
                  </ul>
                </li>`,
            )}
          </ul>
        </li>
        <li><b>Redis</b> <span class="under">all state: every service needs it</span></li>
        <li>
          <b>${overview?.trading?.broker}</b>
          <span class="under">broker: trading and portfolio need it</span>
        </li>
        <li>
          <b>${overview?.trading?.marketData}</b>
          <span class="under">prices: universe needs it</span>
        </li>
      </ul>
    </details>
  </section>`;
}

function service({ name, healthy, status, latencyMs }: OverviewService): Html {
  return html`<li>
    ${healthy ? icons.good : icons.warn}${name}
    <span class="under"
      >${healthy ? `answers in ${Math.max(1, Math.round(latencyMs))} ms` : status}</span
    >
  </li>`;
}

function jobsSection(context: ViewContext): Html {
  const { overview, format } = context;
  return html`<section class="card jobs" id="jobs" data-part="jobs">
    <h2>Jobs</h2>
    ${!context.may('trade') && mayNot(context)}
    <ul class="plain">
      ${overview?.jobs.map((job) => jobItem(context, format, job))}
    </ul>
  </section>`;
}

function jobItem(context: ViewContext, format: Format, job: OverviewJob): Html {
  const { name, description, status, lastRun, nextRun, lastError } = job;
  const idle = lastRun ? icons.good : icons.wait;
  const sign = status === 'failed' ? icons.warn : status === 'idle' ? idle : icons.work;
  return html`<li class="job">
    <p>${sign}<b>${name}</b> <span class="under">${status === 'idle' ? '' : status}</span></p>
    <p>${description}</p>
    <p class="under">
      ${lastRun ? html`Last ${format.moment(lastRun)}` : 'Not run yet'} ·
      ${nextRun ? html`next ${format.moment(nextRun)}` : 'not scheduled'}
    </p>
    ${lastError !== '' && html`<p class="warning">${lastError}</p>`}
    ${
      context.may('trade') &&
      html`<p class="onward">
        <a href="?view=job&amp;job=${name}">Run it now…<span class="sr"> ${name}</span></a>
      </p>`
    }
  </li>`;
}

function ordersSection(context: ViewContext): Html {
  const { overview, format } = context;
  const open = new Set(overview?.trading?.openOrders.map(({ tradeId }) => tradeId));
  const orders = overview?.orders ?? [];
  return html`<section class="card" id="orders" data-part="orders">
    <h2>Orders of the last 90 days</h2>
    ${
      orders.length === 0
        ? html`<p class="empty">None.</p>`
        : html`<ul class="plain">
            ${orders.map((order) => orderItem(context, format, order, open.has(order.tradeId)))}
          </ul>`
    }
  </section>`;
}

function orderItem(
  context: ViewContext,
  format: Format,
  order: OverviewOrder,
  isOpen: boolean,
): Html {
  const { side, quantity, symbol, value, state, message, requestedAt, tradeId } = order;
  const cancel = isOpen && context.may('trade');
  return html`<li>
    <p>
      <b>${side === 'SELL' ? 'Sell' : 'Buy'} ${format.number(quantity)} ${symbol}</b>
      ${format.money(value)} <span class="state">${state.toLowerCase().replaceAll('_', ' ')}</span>
    </p>
    <p class="under">${format.moment(requestedAt)}${message !== '' && html` · ${message}`}</p>
    ${
      cancel &&
      html`<form method="post" action="./">
        ${context.hidden('cancel')}<input type="hidden" name="trade" value="${tradeId}" /><button>
          Cancel this order<span class="sr">, ${symbol}</span>
        </button>
      </form>`
    }
  </li>`;
}
