/** Who may come in and who did what: sessions, passkeys, the register. */
import type {
  GetDependenciesResponse,
  ListAuditResponse,
  ListNoticesResponse,
} from '#protos/gen/gateway.ts';
import type { AuditLine } from '../audit-store.ts';
import type { Passkey } from '../model/passkey.ts';
import type { Session } from '../model/session.ts';
import type { Format } from './format.ts';
import { html, type Html } from './html.ts';
import { mayText } from './role-text.ts';
import type { ViewContext } from './view-context.ts';

export interface Register {
  readonly sessions: readonly Session[];
  readonly audit: readonly AuditLine[];
  readonly passkeys: readonly Passkey[];
  readonly notices?: ListNoticesResponse | undefined;
  readonly calls?: GetDependenciesResponse | undefined;
  /** Calls that changed something, from any caller. */
  readonly done?: ListAuditResponse | undefined;
}

export function accessSections(context: ViewContext, register: Register): Html {
  return html`${sessionsSection(context, register)}${context.may('trade') && passkeysSection(context, register)}${auditSection(context.format, register)}${callersSection(context.format, register)}`;
}

function passkeysSection(context: ViewContext, { passkeys }: Register): Html {
  return html`<section class="card" data-part="passkeys">
    <h2>Passkeys</h2>
    ${passkeys.length === 0 && html`<p class="empty">None.</p>`}
    <ul class="plain">
      ${passkeys.map((one) => passkeyItem(context, one))}
    </ul>
    <p><a class="button" href="?view=passkey">Add a passkey…</a></p>
  </section>`;
}

function passkeyItem(context: ViewContext, passkey: Passkey): Html {
  const { id, host, device, role, addedAt, usedAt } = passkey;
  const { format } = context;
  const moment = (at: number): Html => format.moment({ seconds: String(at / 1000) });
  return html`<li>
    <p><b>${device}</b> at ${host}, ${mayText(role)}</p>
    <p class="under">
      added ${moment(addedAt)},
      ${usedAt === undefined ? 'not used yet' : html`last used ${moment(usedAt)}`}
    </p>
    <form method="post" action="./">
      ${context.hidden('passkey-remove')}<input
        type="hidden"
        name="passkey"
        value="${id}"
      /><button>Remove it<span class="sr">, the passkey of ${device} at ${host}</span></button>
    </form>
  </li>`;
}

function sessionsSection(context: ViewContext, { sessions }: Register): Html {
  const { format, session: own } = context;
  return html`<section class="card" data-part="sessions">
    <h2>Signed in</h2>
    <ul class="plain">
      ${sessions.map(
        (one) =>
          html`<li>
            <p><b>${one.device}</b> ${mayText(one.role)}${one.id === own?.id && ' (this one)'}</p>
            <p class="under">
              from ${one.address}, last seen
              ${format.moment({ seconds: String(one.seenAt / 1000) })}
            </p>
            ${context.may(one.role) && endForm(context, one)}
          </li>`,
      )}
    </ul>
    ${sessions.every(({ role }) => context.may(role)) && html`<form method="post" action="./">${context.hidden('revoke-all')}<button>Sign out everywhere</button></form>`}
  </section>`;
}

function endForm(context: ViewContext, { id, device }: Session): Html {
  return html`<form method="post" action="./">
    ${context.hidden('revoke')}<input type="hidden" name="session" value="${id}" /><button>
      End it<span class="sr">, the session of ${device}</span>
    </button>
  </form>`;
}

function auditSection(format: Format, { audit }: Register): Html {
  return html`<section class="card" data-part="audit">
    <h2>Who did what</h2>
    <ul class="plain">
      ${audit.map(
        ({ at, who, address, action, detail }) =>
          html`<li>
            <p><b>${action}</b> ${detail}</p>
            <p class="under">
              ${format.moment({ seconds: String(at / 1000) })} · ${who || 'nobody signed in'} ·
              ${address}
            </p>
          </li>`,
      )}
    </ul>
  </section>`;
}

function callersSection(format: Format, { done }: Register): Html | false {
  if (!done) return false;
  return html`<section class="card" data-part="audit-calls">
    <h2>Calls that changed something</h2>
    ${done.lines.length === 0 && html`<p class="empty">None yet.</p>`}
    <ul class="plain">
      ${done.lines.map(
        ({ at, event, operation, who, caller, address, token, failureCode }) =>
          html`<li>
            <p><b>${operation}</b> ${event} ${failureCode}</p>
            <p class="under">
              ${format.moment(at)} · ${who || caller} · ${address || 'inside'} · token ${token}
            </p>
          </li>`,
      )}
    </ul>
  </section>`;
}
