/** Adding a passkey: what it is for, where it works, and the button that asks the browser for one. */
import { allowsPasskeys } from '../../model/passkey.ts';
import { html, type Html } from '../html.ts';
import type { ViewContext } from '../view-context.ts';
import { messageView, proof } from './confirmation.ts';

export function passkeyForm(context: ViewContext): Html {
  const { site, isProved } = context;
  if (!site || !allowsPasskeys(site)) return messageView('No passkey here', whyNot(site));
  return html`<section class="card form">
    <h1>Add a passkey?</h1>
    <ul class="effects">
      <li>
        This device, or a key that you plug in, signs in with your finger, face or PIN in place of
        the password.
      </li>
      <li>It works for <b>${site.hostname}</b> alone; no other page can ask for it.</li>
      <li>The password goes on working.</li>
    </ul>
    <form method="post" action="./">
      ${context.hidden('passkey-add')}<input type="hidden" name="credential" value="" />
      ${!isProved && proof(context)}
      <p class="warning" role="alert" data-passkey-problem hidden></p>
      <p class="acts">
        <a class="button" href="?view=system" autofocus>Leave it as it is</a>
        <button type="button" class="primary" data-passkey="create" hidden>Add a passkey</button>
      </p>
      <noscript><p class="warning">Passkeys need scripts.</p></noscript>
    </form>
  </section>`;
}

function whyNot(site: URL | undefined): Html {
  const here = site?.hostname ?? 'this address';
  const local = `http://localhost:${site?.port}/trader/?view=passkey`;
  return html`Browsers allow passkeys at a name with https, and at localhost; ${here} is neither.
  ${/^127\./.test(here) && html`<a href="${local}">Open the page at localhost</a> and sign in there.`}`;
}
