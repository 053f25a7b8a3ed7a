/** Changes of the investment policy from the page: each is tried first, and then stored as it was shown. */
import type { UpdatePolicyResponse } from '#protos/gen/portfolio.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { ask, required, type Action, type ActionCall } from './page-action.ts';
import { restrictions } from '#shared/portfolio/model/policy/policy.ts';
import {
  withRestriction,
  withTargets,
  type Restriction,
} from '#shared/portfolio/policy/policy-edits.ts';
import { isinOf } from '#shared/universe/security-name.ts';
import { hiddenFields, type Confirmation } from './view/forms/confirmation.ts';
import { html, type Html } from './view/html.ts';

/** The whole text, as it was written into the form. */
export const policy: Action = {
  role: 'trade',
  preview: (form, call) => tried(form, call, textIn(form)),
  run: async (form, call) => {
    const note = `${form.get('note') ?? ''} (page, ${call.who})`.trim();
    const request = { ...versioned(form), document: textIn(form), note, dryRun: false };
    return (await ask(call, portfolio.updatePolicy, request)).message;
  },
};

/** One security: excluded, only sold, frozen, or none of these; for good or until a day. */
export const restriction: Action = {
  ...policy,
  preview: async (form, call) => {
    const requested = required(form, 'restriction');
    const list = [...restrictions, 'none' as const].find((one) => one === requested);
    if (list === undefined) throw invalidRequest({ field: 'restriction', message: 'is unknown' });
    const document = withRestriction(
      await current(call),
      await isinNamed(call, required(form, 'isin')),
      list satisfies Restriction,
      form.get('until')?.trim(),
    );
    return tried(form, call, document);
  },
};

/** Own weights in percent, a field `weight-ISIN` each; empty ones are no target. */
export const targets: Action = {
  ...policy,
  preview: async (form, call) => {
    const weights = new Map<string, number>();
    for (const [name, text] of form)
      if (name.startsWith('weight-') && text.trim() !== '')
        weights.set(name.slice('weight-'.length), ratioOf(name, text));
    const more = form.get('more')?.trim() ?? '';
    if (more !== '')
      weights.set(await isinNamed(call, more), ratioOf('moreWeight', required(form, 'moreWeight')));
    return tried(form, call, withTargets(await current(call), weights));
  },
};

function isinNamed(call: ActionCall, name: string): Promise<string> {
  return isinOf((operation, request) => ask(call, operation, request), name);
}

/** Percent as people write it, to a fraction. */
function ratioOf(field: string, text: string): number {
  const percent = Number(text.trim().replace(',', '.').replace(/\s*%$/, ''));
  if (!(percent >= 0 && percent <= 100))
    throw invalidRequest({ field, message: 'is a number from 0 to 100' });
  return Number((percent / 100).toFixed(6));
}

async function current(call: ActionCall): Promise<string> {
  const { policy: stored } = await ask(call, portfolio.getPolicy, {});
  return stored?.document ?? '';
}

/** Browsers send line ends as CR LF. */
function textIn(form: URLSearchParams): string {
  return (form.get('document') ?? '').replaceAll('\r\n', '\n');
}

function versioned(form: URLSearchParams) {
  const text = form.get('version') ?? '';
  if (!/^\d{1,9}$/.test(text)) throw invalidRequest({ field: 'version', message: 'is needed' });
  return { expectedVersion: Number(text) };
}

async function tried(
  form: URLSearchParams,
  call: ActionCall,
  document: string,
): Promise<Confirmation> {
  const request = { ...versioned(form), document, dryRun: true };
  const answer = await ask(call, portfolio.updatePolicy, request);
  const fields = { document, version: form.get('version') ?? '', note: form.get('note') ?? '' };
  return {
    title: 'Change the policy?',
    effects: effectsOf(answer),
    action: 'policy',
    verb: 'Store this policy',
    fields: hiddenFields(fields),
    back: '?view=policy',
  };
}

function effectsOf({ changes, breaches, warnings }: UpdatePolicyResponse): (Html | string)[] {
  return [
    ...(changes.length === 0 ? ['No value changes.'] : changes.map(changeText)),
    ...breaches.map(
      ({ message }) => html`<b>The account breaks it today:</b> ${message} Plans mend that.`,
    ),
    ...warnings.map((warning) => html`<b>Note:</b> ${warning}`),
    'It holds from the next plan on. A plan that waits now is made again. Every version is kept.',
  ];
}

function changeText({ field, before, after }: UpdatePolicyResponse['changes'][number]): Html {
  return html`<code>${field}</code>: ${before || 'not set'} → <b>${after || 'not set'}</b>`;
}
