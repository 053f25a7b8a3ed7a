/** Forms of the investment policy: its text, what is held back, and own targets. */
import { stringify } from 'yaml';
import type { GetPolicyResponse } from '#protos/gen/portfolio.ts';
import { restrictions } from '#shared/portfolio/model/policy/policy.ts';
import {
  restrictedIn,
  restrictedUntil,
  restrictionOf,
  targetsIn,
} from '#shared/portfolio/policy/policy-edits.ts';
import { html, type Html } from '../html.ts';
import { buttons } from './money-forms.ts';
import type { ViewContext } from '../view-context.ts';

const restrictionWords = {
  excluded: 'exclude it: neither buy nor keep it',
  sellOnly: 'only sell it',
  frozen: 'do not trade it at all',
  none: 'none of these',
} as const;

export function policyForm(context: ViewContext, stored: GetPolicyResponse): Html {
  const { policy, file, fileError, breaches, warnings } = stored;
  const document = policy?.document || commented(stored.effectiveJson);
  return html`<h1>Investment policy</h1>
    <div class="columns">
      <section class="card form">
        <h2>As text</h2>
        <p>
          ${policy?.version ? html`Version ${policy.version} of ${context.format.moment(policy.changedAt)}, by ${policy.source}${policy.note && `: ${policy.note}`}.` : 'None is stored; the settings are in force.'}
          <code>docs/use/policy.md</code> has every field.
        </p>
        ${file !== '' && html`<p class="under">A file is read as well: ${file}. ${fileError}</p>`}
        ${breaches.map(({ message }) => html`<p class="warning">${message}</p>`)}
        ${warnings.map((warning) => html`<p class="warning">${warning}</p>`)}
        <form method="post" action="./">
          ${context.hidden('preview-policy')}${version(stored)}
          <p>
            <label for="document">YAML or JSON</label
            ><textarea id="document" name="document" rows="16" spellcheck="false">
${document}</textarea>
          </p>
          ${note()}${buttons()}
        </form>
      </section>
      <section class="card form">
        <h2>One security</h2>
        <form method="post" action="./">
          ${context.hidden('preview-restriction')}${version(stored)}
          <p>
            <label for="isin">Security</label>
            <input
              id="isin"
              name="isin"
              value="${context.query.get('isin')?.slice(0, 12)}"
              list="known"
              required
              maxlength="12"
              autocomplete="off"
            />
          </p>
          ${knownSecurities(context, document)}
          <fieldset>
            <legend>From the next plan on</legend>
            ${[...restrictions, 'none' as const].map(
              (one, index) =>
                html`<label
                  ><input
                    type="radio"
                    name="restriction"
                    value="${one}"
                    ${index === 0 && 'checked'}
                  />
                  ${restrictionWords[one]}</label
                >`,
            )}
          </fieldset>
          <p>
            <label for="until">Last day, empty for good</label
            ><input id="until" name="until" type="date" />
          </p>
          ${buttons()}
        </form>
        <p class="onward"><a href="?view=targets">Own targets instead of an objective</a></p>
      </section>
    </div>`;
}

/** What the settings make of it, to uncomment from. */
function commented(effectiveJson: string): string {
  if (effectiveJson === '') return '';
  return `# In force are the settings; what is uncommented takes their place.\n${stringify(JSON.parse(effectiveJson)).replaceAll(/^(?=.)/gm, '# ')}`;
}

interface Named {
  readonly isin: string;
  readonly symbol: string;
}

/** Those that are held, and those that the plan orders. */
function knownSecurities({ overview }: ViewContext, document: string): Html {
  const held = overview?.holdings ?? [];
  const ordered = overview?.plan?.actions ?? [];
  const known = new Map<string, Named>([...ordered, ...held].map((one) => [one.isin, one]));
  return html`<datalist id="known">
      ${[...known.values()].map(({ isin, symbol }) => html`<option value="${isin}">${symbol}</option>`)}
    </datalist>
    <p class="under">By its ISIN or symbol${restricted(known, document)}.</p>`;
}

/** Those that are held back now, and until when. */
function restricted(known: ReadonlyMap<string, Named>, document: string): string {
  const named = restrictedIn(document).map((isin) => {
    const until = restrictedUntil(document, isin);
    return `${known.get(isin)?.symbol ?? isin} is ${restrictionOf(document, isin)}${until && ` until ${until}`}`;
  });
  return named.length === 0 ? '' : `; ${named.join(', ')}`;
}

export function targetsForm(context: ViewContext, stored: GetPolicyResponse): Html {
  const { overview, format } = context;
  const targets = targetsIn(stored.policy?.document ?? '');
  const held = overview?.holdings ?? [];
  const others = [...targets.keys()].filter((isin) => !held.some((one) => one.isin === isin));
  const rows = [
    ...held,
    ...others.map((isin) => ({ isin, symbol: isin, name: '', weightRatio: 0 })),
  ];
  return html`<section class="card form">
    <h1>Targets</h1>
    <p>
      Your own weights in percent of the account; what is left is cash. Without any, the objective
      of the policy decides.
    </p>
    <form method="post" action="./">
      ${context.hidden('preview-targets')}${version(stored)}
      <table class="entry">
        <caption class="sr">
          Weight of each security
        </caption>
        <thead>
          <tr>
            <th scope="col">Security</th>
            <th scope="col">Now</th>
            <th scope="col">Target in %</th>
          </tr>
        </thead>
        <tbody>
          ${rows.map(
            ({ isin, symbol, name, weightRatio }) =>
              html`<tr>
                <th scope="row">${symbol} <span class="under">${name}</span></th>
                <td>${format.percent(weightRatio)}</td>
                <td>
                  <input
                    name="weight-${isin}"
                    aria-label="Target of ${symbol} in percent"
                    inputmode="decimal"
                    autocomplete="off"
                    value="${percentText(targets.get(isin))}"
                  />
                </td>
              </tr>`,
          )}
        </tbody>
      </table>
      <fieldset class="pair">
        <legend>One more</legend>
        <label>ISIN <input name="more" maxlength="12" autocomplete="off" /></label>
        <label
          >Target in % <input name="moreWeight" inputmode="decimal" autocomplete="off"
        /></label>
      </fieldset>
      ${note()}${buttons()}
    </form>
  </section>`;
}

/** Of a field, so without signs of a locale. */
function percentText(ratio: number | undefined): string {
  return ratio === undefined ? '' : String(Number((ratio * 100).toFixed(4)));
}

function version({ policy }: GetPolicyResponse): Html {
  return html`<input type="hidden" name="version" value="${policy?.version ?? 0}" />`;
}

function note(): Html {
  return html`<p>
    <label for="note">Why, for the history</label><input id="note" name="note" maxlength="200" />
  </p>`;
}
