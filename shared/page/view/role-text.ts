/** What a session may do, in words; and what it has to be told where it may not. */
import type { Role } from '../model/session.ts';
import { html, type Html } from './html.ts';
import type { ViewContext } from './view-context.ts';

const words: Readonly<Record<Role, string>> = {
  read: 'may view',
  write: 'may view and send test notices',
  trade: 'may view, change things and trade',
};

export function mayText(role: Role): string {
  return words[role];
}

/** What a form is for, by its view. */
const purposes: Readonly<Record<string, string>> = {
  stop: 'stop trading',
  resume: 'let trading go on',
  reduce: 'let only sales through',
  approve: 'approve a plan',
  reject: 'reject a plan',
  change: 'change a plan',
  trust: 'set how far it may act alone',
  job: 'run a job',
  deposit: 'note a deposit',
  withdrawal: 'note a withdrawal',
  import: 'import transactions',
  policy: 'change the policy',
  targets: 'set targets',
  passkey: 'add a passkey',
};

/** @param then the view that was asked for, with its query */
export function whySignIn({ session }: ViewContext, then: string): string | undefined {
  const purpose = purposes[then.split('&')[0] ?? ''];
  if (purpose === undefined) return undefined;
  if (!session) return `To ${purpose}, sign in.`;
  return `You are signed in, but this session ${words[session.role]}, no more. To ${purpose}, sign in again for trading.`;
}

/** Where what may be changed would stand. */
export function mayNot({ session }: ViewContext, then = ''): Html {
  const why = session ? `This session ${words[session.role]}, no more.` : 'You are not signed in.';
  return html`<p class="under">
    ${why} To stop, approve or change something,
    <a href="?view=sign-in${then && `&then=${then}`}">sign in for trading</a>.
  </p>`;
}
