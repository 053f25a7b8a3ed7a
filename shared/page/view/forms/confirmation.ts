/** The page that shows an action's effect before it is done, and the one that says what came of it. */
import { html, type Html } from '../html.ts';
import type { ViewContext } from '../view-context.ts';

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
  /** Sends orders as well, in the same press; says whether they move real money. */
  readonly andSends?: { readonly verb: string; readonly value: string } | undefined;
  /** Where to go without doing it; the overview where it is absent. */
  readonly back?: string;
}

export function confirmView(context: ViewContext, confirmation: Confirmation): Html {
  const { title, effects, action, verb, fields, needsProof, andSends, back = './' } = confirmation;
  return html`<section class="card form">
    <h1>${title}</h1>
    <ul class="effects">
      ${andSends && html`<li>${moneyAtStake(context)}</li>`}${effects.map((effect) => html`<li>${effect}</li>`)}
    </ul>
    <form method="post" action="./">
      ${context.hidden(action)}${fields} ${needsProof && !context.isProved && proof(context)}
      <p class="acts">
        <a class="button" href="${back}" autofocus>Leave it as it is</a>
        <button class="primary">${verb}</button>
        ${andSends && html`<button name="send" value="${andSends.value}">${andSends.verb}</button>`}
      </p>
    </form>
  </section>`;
}

/** Whether what is sent moves real money. */
export function moneyAtStake({ overview }: ViewContext): string {
  return overview?.trading?.practice === false
    ? 'REAL MONEY is moved.'
    : 'PRACTICE: no real money is moved.';
}

/** Without one that was given within ten minutes. */
export function proof({ view }: ViewContext): Html {
  return html`<p>
      <label for="proof">Your password, once more</label
      ><input id="proof" name="password" type="password" autocomplete="current-password" required />
    </p>
    <p class="under">
      Or <a href="?view=sign-in&amp;then=${view}">sign in again</a>, for instance with a passkey.
    </p>`;
}

/** What was entered, for the form that confirms it. */
export function hiddenFields(fields: Readonly<Record<string, string>>): Html {
  return html`${Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`,
  )}`;
}

/** After an action that failed, or a page that is not there. */
export function messageView(title: string, message: Html | string): Html {
  return html`<section class="card form">
    <h1>${title}</h1>
    <p role="alert">${message}</p>
    <p class="acts"><a class="button" href="./">Back to the overview</a></p>
  </section>`;
}
