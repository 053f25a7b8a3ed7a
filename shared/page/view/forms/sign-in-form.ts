/** Signing in. */
import { whySignIn } from '../role-text.ts';
import { html, type Html } from '../html.ts';
import type { ViewContext } from '../view-context.ts';

export interface SignInState {
  /** Why the last attempt failed. */
  readonly complaint?: string | undefined;
  /** Whether a passkey of this address is known. */
  readonly hasPasskey: boolean;
}

export function signInView(context: ViewContext, { complaint, hasPasskey }: SignInState): Html {
  const then = context.query.get('then') ?? '';
  const why = whySignIn(context, then);
  return html`<section class="card form">
    <h1>Sign in</h1>
    ${why !== undefined && html`<p>${why}</p>`}
    ${complaint !== undefined && html`<p class="warning" role="alert">${complaint}</p>`}
    <form method="post" action="./">
      <input type="hidden" name="do" value="sign-in" /><input
        type="hidden"
        name="then"
        value="${then}"
      />
      <p hidden>
        <input
          name="username"
          value="operator"
          autocomplete="username"
          readonly
          tabindex="-1"
          aria-hidden="true"
        />
      </p>
      <p>
        <label for="password">Password of the operator</label
        ><input
          id="password"
          name="password"
          type="password"
          autocomplete="current-password"
          required
          autofocus
        />
      </p>
      <fieldset>
        <legend>This session may</legend>
        <label><input type="radio" name="role" value="read" /> view</label>
        <label><input type="radio" name="role" value="write" /> view and send test notices</label>
        <label
          ><input type="radio" name="role" value="trade" checked /> also stop, resume, approve and
          move money</label
        >
      </fieldset>
      <p class="acts">
        <button class="primary">Sign in</button>
        ${hasPasskey && html`<button type="button" data-passkey="get" hidden>Use a passkey</button>`}
        <a class="button" href="./">Back</a>
      </p>
      <p class="warning" role="alert" data-passkey-problem hidden></p>
    </form>
    <p class="under">
      <code>npx trader password</code> on the machine shows it. A read, write or trade token signs
      in for what it covers.
    </p>
  </section>`;
}
