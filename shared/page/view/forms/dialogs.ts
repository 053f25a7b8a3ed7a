/** Signing in, and the pages that show an action's effect before it is done. */
import { html, type Html } from '../html.ts';
import type { ViewContext } from '../view-context.ts';

export function signInView({ query }: ViewContext, complaint?: string): Html {
  const then = query.get('then') ?? '';
  return html`<section class="card form">
    <h1>Sign in</h1>
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
        <label><input type="radio" name="role" value="read" /> look</label>
        <label><input type="radio" name="role" value="write" /> look and change settings</label>
        <label
          ><input type="radio" name="role" value="trade" checked /> also stop, resume, approve and
          move money</label
        >
      </fieldset>
      <p class="acts">
        <button class="primary">Sign in</button> <a class="button" href="./">Back</a>
      </p>
    </form>
    <p class="under">
      <code>npx trader password</code> on the machine shows it. A read, write or trade token signs
      in for what it covers.
    </p>
  </section>`;
}

export interface Confirmation {
  readonly title: string;
  /** What will happen, a sentence each. */
  readonly effects: readonly (Html | string)[];
  readonly action: string;
  /** What the button says: the deed, never "OK". */
  readonly verb: string;
  readonly fields?: Html | undefined;
  /** Whether the password is asked for once more. */
  readonly needsProof?: boolean;
  /** Where to go without doing it; the overview where it is absent. */
  readonly back?: string;
}

export function confirmView(context: ViewContext, confirmation: Confirmation): Html {
  const { title, effects, action, verb, fields, needsProof, back = './' } = confirmation;
  return html`<section class="card form">
    <h1>${title}</h1>
    <ul class="effects">
      ${effects.map((effect) => html`<li>${effect}</li>`)}
    </ul>
    <form method="post" action="./">
      ${context.hidden(action)}${fields}
      ${needsProof && html`<p><label for="proof">Your password, once more</label><input id="proof" name="password" type="password" autocomplete="current-password" required /></p>`}
      <p class="acts">
        <a class="button" href="${back}" autofocus>Leave it as it is</a>
        <button class="primary">${verb}</button>
      </p>
    </form>
  </section>`;
}

/** What was entered, for the form that confirms it. */
export function carried(fields: Readonly<Record<string, string>>): Html {
  return html`${Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  )}`;
}

/** After an action that failed, or a page that is not there. */
export function messageView(title: string, message: string): Html {
  return html`<section class="card form">
    <h1>${title}</h1>
    <p role="alert">${message}</p>
    <p class="acts"><a class="button" href="./">Back to the overview</a></p>
  </section>`;
}
