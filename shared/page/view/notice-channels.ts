/** Channels of notices: what they could not send, and a test. */
import type { ListNoticesResponse, NoticeDelivery } from '#protos/gen/gateway.ts';
import { html, type Html } from './html.ts';
import { icons } from './icons.ts';
import type { ViewContext } from './view-context.ts';

export function noticesSection(
  context: ViewContext,
  notices: ListNoticesResponse | undefined,
): Html | false {
  if (!notices) return false;
  const { channels, waiting, givenUp } = notices;
  return html`<section class="card" id="notices" data-part="notices">
    <h2>Notices</h2>
    ${
      channels.length === 0
        ? html`<p class="empty">
            No channel is configured, so nothing is sent. <code>docs/use/notices.md</code> says how
            to name one.
          </p>`
        : html`<p>Sent by ${channels.join(', ')}.</p>`
    }
    <ul class="plain">
      ${waiting.map((one) => item(context, one, 'waiting'))}
      ${givenUp.map((one) => item(context, one, 'given up'))}
    </ul>
    ${channels.length > 0 && context.may('write') && testForm(context)}
  </section>`;
}

function testForm(context: ViewContext): Html {
  return html`<form method="post" action="./">
    ${context.hidden('test-notices')}<button>Send a test</button>
  </form>`;
}

function item({ format }: ViewContext, one: NoticeDelivery, state: string): Html {
  const { channel, title, foundAt, attempts, lastError } = one;
  return html`<li>
    <p>
      ${state === 'waiting' ? icons.wait : icons.warn}<b>${title}</b>
      <span class="under">${channel}, ${state} after ${attempts} attempts</span>
    </p>
    <p class="under">${format.moment(foundAt)}${lastError !== '' && html` · ${lastError}`}</p>
  </li>`;
}
