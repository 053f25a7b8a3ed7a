/** Forms that begin a change. Those of the policy show the one that is in force. */
import type { CallOptions } from '#shared/clients/functions-client.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import { depositForm, importForm, withdrawalForm } from './view/forms/money-forms.ts';
import { policyForm, targetsForm } from './view/forms/policy-forms.ts';
import { passkeyForm } from './view/forms/passkey-form.ts';
import { planForm } from './view/forms/plan-form.ts';
import type { Html } from './view/html.ts';
import type { ViewContext } from './view/view-context.ts';

/** @returns undefined where the view is none of them */
export async function draftView(
  context: ViewContext,
  { functions }: Pick<Dependencies, 'functions'>,
  options: CallOptions,
): Promise<Html | undefined> {
  if (context.view === 'deposit') return depositForm(context);
  if (context.view === 'withdrawal') return withdrawalForm(context);
  if (context.view === 'passkey') return passkeyForm(context);
  if (context.view === 'change') return planForm(context);
  if (context.view === 'import') return importForm(context);
  if (context.view !== 'policy' && context.view !== 'targets') return undefined;
  const stored = await functions.call(portfolio.getPolicy, {}, options);
  return context.view === 'policy' ? policyForm(context, stored) : targetsForm(context, stored);
}
