/** The latest plan in words: what, why, at what cost, to what effect; and what is not done, and why. */
import type { NotTaken, Plan, PlannedAction } from '#protos/gen/planning.ts';
import { plural, type Format } from './format.ts';
import { html, type Html } from './html.ts';
import { term } from './terms.ts';
import type { ViewContext } from './view-context.ts';

const BASIS_POINTS = /\bbp\b/;
/** The codes of rules in plain words. */
const rules: Readonly<Record<string, string>> = {
  'left-out': 'You left it out',
  'not-proposed': 'Not in the plan that you changed',
  'no-target': 'Not wanted now',
  'at-target': 'As much as is wanted is held',
  'no-gain': 'It would make the whole worse',
  'cost-exceeds-gain': 'Fees would eat the gain',
  'below-margin': 'The gain is too small to be worth it',
  'deposit-first': 'The next deposit does it',
  'orders-max': 'The plan already has as many orders as it may',
  'order-max': 'The order would be larger than one may be',
  'positions-max': 'As many securities are held as may be',
  'turnover-max': 'Enough is traded already',
  'weight-max': 'It would be more than one security may have',
  'sector-max': 'Its sector would take too much',
  'country-max': 'Its country would take too much',
  'currency-max': 'Its currency would take too much',
  'below-minimum-order': 'The order would be too small',
  'cash-reserve': 'The cash that is kept would be touched',
  'live-order': 'An order for it is on the way',
  'broker-currency': 'The broker takes no orders in its currency',
  'broker-refuses': 'The broker takes no orders in it',
  frozen: 'Left alone at your request',
  excluded: 'Excluded at your request',
  'sell-only': 'It may only be sold',
  'no-sells': 'This plan sells nothing',
  'price-too-old': 'Its price is too old',
  'dead-price': 'Its price no longer moves',
  'suspected-split': 'A split is suspected; say whether it was one',
  'short-history': 'Too little is known of it',
  'no-value': 'The account is worth nothing',
  unpriced: 'It has no price',
  cooldown: 'It was sold not long ago',
  'minimum-hold': 'It was bought not long ago',
};

export function planSection(context: ViewContext): Html {
  const plan = context.overview?.plan;
  return html`<section class="card plan" id="plan" data-part="plan">
    <h2>The plan</h2>
    ${plan ? planBody(context, plan) : noPlan(context)}
  </section>`;
}

function noPlan(context: ViewContext): Html {
  return html`<p>There is no plan yet. The next trading cycle makes one.</p>
    ${context.may('trade') && html`<p class="acts"><a class="button" href="?view=job&amp;job=trading-cycle">Run a cycle now…</a></p>`}`;
}

function planBody(context: ViewContext, plan: Plan): Html {
  const { format } = context;
  const isAsked = context.overview?.proposal !== undefined;
  const status = isAsked ? html`<b>waits for you</b>` : statusText(plan);
  return html`<p class="under">Made ${format.moment(plan.createdAt)} · ${status}</p>
    ${lead(format, plan)} ${answerPart(context)}
    ${plan.warnings.map((warning) => html`<p class="warning">${warning}</p>`)}
    <ol class="orders">
      ${plan.actions.map((action) => orderItem(format, action))}
    </ol>
    ${notTaken(format, plan.notTaken)} ${plan.actions.length > 0 && effect(format, plan)}
    ${how(format, plan)}`;
}

/** Where the plan waits: why it asks, until when, and the answers. */
function answerPart({ overview, format }: ViewContext): Html | false {
  const proposal = overview?.proposal;
  if (!proposal) return false;
  if (proposal.state !== 'PROPOSED')
    return html`<p class="under">
      You approved it; it is
      ${proposal.state === 'EXECUTING' ? 'being carried out' : 'about to be carried out'}.
      <a href="?view=reject">Withdraw</a>
    </p>`;
  const orders = plural(overview.plan?.actions.length ?? 0, 'order');
  return html`<div class="ask">
    <p>
      <b>It waits for your answer until ${format.moment(proposal.expiresAt)}.</b> No answer means
      no.
    </p>
    ${proposal.because.length > 0 && html`<p class="under">Asked because ${proposal.because.join('; ')}.</p>`}
    <p class="acts">
      <a class="button primary" href="?view=approve">Approve ${orders}…</a
      ><a class="button" href="?view=change">Change…</a
      ><a class="button" href="?view=reject">Reject…</a>
    </p>
  </div>`;
}

function statusText({ status, validUntil }: Plan): Html {
  const words: Readonly<Record<string, string>> = {
    READY: 'ready',
    EXECUTING: 'being carried out',
    COMPLETED: 'carried out',
    CANCELLED: 'given up',
    DRAFT: 'a draft',
  };
  const isOpen = status === 'READY' && validUntil !== undefined;
  const until = isOpen && new Date(Number(validUntil.seconds) * 1000).toISOString();
  return html`<b>${words[status] ?? status.toLowerCase()}</b
    >${until && html`, good until <time datetime="${until}">${until}</time>`}`;
}

/** What it is for, in two sentences. */
function lead(format: Format, { actions, score, expectedCost, cashBefore }: Plan): Html {
  if (actions.length === 0)
    return html`<p class="lead">
      Nothing to buy or sell: leaving everything as it is was the best that was found.
    </p>`;
  const buys = actions.filter(({ side }) => side === 'BUY').length;
  const sells = actions.length - buys;
  const parts = [
    ...(buys > 0 ? [plural(buys, 'purchase')] : []),
    ...(sells > 0 ? [plural(sells, 'sale')] : []),
  ];
  return html`<p class="lead">
    ${parts.join(' and ')}, with ${format.money(cashBefore)} in cash before. About
    <b>${format.percent(score)} a year better</b> than leaving it ${term('utility', '(estimate)')};
    it costs ${format.money(expectedCost)}, doing nothing costs nothing.
  </p>`;
}

function orderItem(format: Format, action: PlannedAction): Html {
  const { side, quantity, symbol, value, weightBeforeRatio, weightAfterRatio } = action;
  const verb = side === 'SELL' ? 'Sell' : 'Buy';
  return html`<li>
    <details>
      <summary>
        <span class="what"><b>${verb} ${format.number(quantity)} ${symbol}</b></span>
        <span class="much">${format.money(value)}</span>
        <span class="to"
          ><span class="sr">share of the value </span>${format.percent(weightBeforeRatio)} →
          ${format.percent(weightAfterRatio)}</span
        >
      </summary>
      <dl>
        <dt>Price</dt>
        <dd>${format.money(action.estimatedPrice)}</dd>
        <dt>Cost</dt>
        <dd>${format.money(action.estimatedCost)}</dd>
        <dt>Effect</dt>
        <dd>
          its share of the value goes from ${format.percent(weightBeforeRatio)} to
          ${format.percent(weightAfterRatio)}
        </dd>
        <dt>Why</dt>
        <dd>${withTerms(format.sentence(action.reason))}</dd>
      </dl>
    </details>
  </li>`;
}

/** `12.3 bp` stays, with its meaning behind a press at the first place. */
function withTerms(sentence: readonly (string | Html)[]): Html {
  const first = sentence.findIndex((part) => typeof part === 'string' && BASIS_POINTS.test(part));
  return html`${sentence.map((part, index) => (index === first ? withTerm(String(part)) : part))}`;
}

function withTerm(part: string): Html {
  const at = part.search(BASIS_POINTS);
  return html`${part.slice(0, at)}${term('basis-point', 'bp')}${part.slice(at + 2)}`;
}

function notTaken(format: Format, all: readonly NotTaken[]): Html | false {
  if (all.length === 0) return false;
  const groups = new Map<string, NotTaken[]>();
  for (const one of all) groups.set(one.rule, [...(groups.get(one.rule) ?? []), one]);
  const sorted = [...groups].sort(([, a], [, b]) => b.length - a.length);
  return html`<details class="more" id="not-done">
    <summary>Not done, and why: ${all.length}</summary>
    ${sorted.map(([rule, ones]) => notTakenGroup(format, rule, ones))}
  </details>`;
}

function notTakenGroup(format: Format, rule: string, ones: readonly NotTaken[]): Html {
  return html`<h3>${rules[rule] ?? rule.replaceAll('-', ' ')}: ${ones.length}</h3>
    <ul class="plain">
      ${ones.map(({ symbol, side, reason }) => html`<li><b>${sideText(side)}${symbol}</b> <span>${withTerms(format.sentence(reason))}</span></li>`)}
    </ul>`;
}

function sideText(side: string): string {
  if (side === 'BUY') return 'Buy ';
  return side === 'SELL' ? 'Sell ' : '';
}

function effect(format: Format, plan: Plan): Html {
  return html`<table class="effect">
    <caption>
      Before and after
    </caption>
    <thead>
      <tr>
        <td></td>
        <th scope="col">before</th>
        <th scope="col">after</th>
      </tr>
    </thead>
    <tbody>
      <tr>
        <th scope="row">Cash</th>
        <td>${format.money(plan.cashBefore)}</td>
        <td>${format.money(plan.cashAfter)}</td>
      </tr>
      <tr>
        <th scope="row">Value</th>
        <td>${format.money(plan.portfolioValue)}</td>
        <td>${plan.expectedCost && html`less ${format.money(plan.expectedCost)} cost`}</td>
      </tr>
    </tbody>
  </table>`;
}

function how(format: Format, { search, summary, id }: Plan): Html {
  const gap = search?.gap;
  return html`<details class="more" id="how">
    <summary>How it was found</summary>
    <p>${withTerms(format.sentence(summary))}</p>
    ${search && html`<p>${format.number(search.sequencesEvaluated)} combinations were compared (${search.method}).</p>`}
    ${gap !== undefined && html`<p>${term('gap')} At most ${format.percent(gap)} a year better is possible.</p>`}
    <p class="under">Plan ${id}</p>
  </details>`;
}
