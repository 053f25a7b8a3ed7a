/** The page around every view: head, practice band, header with STOP, footer. */
import { mayText } from './role-text.ts';
import { Html, html } from './html.ts';
import type { ViewContext } from './view-context.ts';
import { icons } from './icons.ts';
import { meanings } from './terms.ts';

export function documentOf(context: ViewContext, body: Html): string {
  const { overview, assets, format } = context;
  const page = html`<!doctype html>
    <html lang="en" data-locale="${format.locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${titleOf(context)}</title>
        <link rel="icon" href="${assets.icon}" />
        <link rel="stylesheet" href="${assets.style}" />
        <script src="${assets.script}" defer></script>
      </head>
      <body data-view="${context.view}" data-state="${context.stateId}">
        <a class="skip" href="#main">To the content</a>
        <header class="top" data-part="top">
          ${overview?.trading?.practice && practice(context)}
          <div class="wide">
            <a class="name" href="./">Trader</a>
            ${overview && whose(context)}
            <span class="grow"></span>
            ${overview && eye()} ${overview && stop(context)}
          </div>
        </header>
        ${views(context, 'Views')}
        <main id="main" class="wide" tabindex="-1">${body}</main>
        ${footer(context)} ${overview && meanings()}
        <p class="sr" role="status" id="announcement"></p>
      </body>
    </html> `;
  return page.text;
}

function titleOf({ overview, view }: ViewContext): string {
  const practice = overview?.trading?.practice === true ? 'PRACTICE · ' : '';
  const code = overview?.standing?.code;
  const standing =
    code === undefined || code === 'healthy' ? '' : `${code.replaceAll('-', ' ')} · `;
  const named = view === 'overview' || view === 'message' ? '' : `${view.replaceAll('-', ' ')} · `;
  return `${practice}${standing}${named}Trader`;
}

function practice({ overview }: ViewContext): Html {
  const prices = overview?.trading?.simulatedPrices ? 'made-up prices, ' : '';
  return html`<p class="practice"><b>PRACTICE</b> ${prices}no real money</p>`;
}

function whose({ overview, format }: ViewContext): Html {
  const name =
    overview?.accountName || (overview?.accountId === 'default' ? 'Main' : overview?.accountId);
  return html`<span class="whose">${name} · ${overview?.currency}</span>
    <span class="asof" id="asof"
      ><span class="sr">As of </span>${format.moment(overview?.asOf)}</span
    >`;
}

function eye(): Html {
  return html`<button type="button" class="quiet" id="eye" aria-pressed="false" hidden>
    ${icons.eye}<span class="sr">Hide amounts</span>
  </button>`;
}

/** One press stops: it is the safe direction. Who has not signed in is asked to, and comes back. */
function stop(context: ViewContext): Html | false {
  const state = context.overview?.trading?.state;
  if (state === 'HALTED') return html`<a class="button resume" href="?view=resume">Resume</a>`;
  if (!context.may('trade'))
    return html`<a class="button stop" href="?view=sign-in&amp;then=stop">${icons.stop} STOP</a>`;
  return html`<form method="post" action="./">
    ${context.hidden('halt')}<button class="stop">${icons.stop} STOP</button>
  </form>`;
}

const places = [
  ['overview', './', 'Overview'],
  ['holdings', '?view=holdings', 'Holdings'],
  ['ledger', '?view=ledger', 'Ledger'],
  ['system', '?view=system', 'System'],
] as const;

function views({ view, session }: ViewContext, label: string): Html {
  return html`<nav class="wide views" aria-label="${label}">
    ${places.map(([name, address, text]) => html`<a href="${address}" ${name === view && new Html('aria-current="page"')}>${text}</a>`)}${!session && view !== 'sign-in' && html`<a href="?view=sign-in">Sign in</a>`}
  </nav>`;
}

function footer(context: ViewContext): Html {
  const { overview, session, hidden } = context;
  return html`<footer class="wide" data-part="footer">
    ${views(context, 'Views, at the end')}
    ${
      session &&
      html`<form method="post" action="./">
        ${hidden('sign-out')}<span>Signed in: ${mayText(session.role)}</span>
        <button class="link">Sign out</button>
      </form>`
    }
    ${overview && html`<small>Arduino Trader ${overview.version}</small>`}
  </footer>`;
}
