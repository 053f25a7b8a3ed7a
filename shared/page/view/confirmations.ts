/** What an action will do, said before it is done. */
import { confirmView, type Confirmation } from './forms.ts';
import { html, type Html } from './html.ts';
import type { ViewContext } from './view-context.ts';

type Confirm = (context: ViewContext) => Confirmation;

const confirmations: Readonly<Record<string, Confirm>> = {
  resume: ({ overview, format }) => ({
    title: 'Let trading go on?',
    effects: [
      'Purchases and sales are sent again.',
      html`The next trading cycle is due ${format.moment(overview?.standing?.nextCycleAt)}; it makes
      a new plan. Nothing is sent before.`,
      ...(overview?.trading?.reasons.map((reason) => `Stopped because: ${reason}.`) ?? []),
      'A file HALTED or REDUCING in the data folder keeps trading stopped until it is removed.',
    ],
    action: 'resume',
    verb: 'Resume trading',
    needsProof: true,
  }),
  reduce: () => ({
    title: 'Let only sales through?',
    effects: [
      'Sales are sent, purchases are not, until you resume.',
      'Orders already at the broker stay there.',
    ],
    action: 'reduce',
    verb: 'Only sales from now on',
  }),
  stop: ({ overview }) => ({
    title: 'Stop trading?',
    effects: [
      'From this moment nothing is sent.',
      `${overview?.trading?.openOrders.length ?? 0} orders at the broker can still be filled; they can be cancelled afterwards.`,
    ],
    action: 'halt',
    verb: 'Stop now',
  }),
  deposit: ({ overview, format }) => ({
    title: 'Note a deposit',
    effects: [
      html`Cash is ${format.money(overview?.value?.cash)} now, and more by what you enter.`,
      overview?.trading?.practice === true
        ? 'The practice account is credited at once.'
        : 'The deposit counts as pending until the broker shows it.',
    ],
    action: 'deposit',
    verb: 'Note the deposit',
    fields: html`<p>
        <label for="amount">Amount in ${overview?.currency}</label
        ><input
          id="amount"
          name="amount"
          inputmode="decimal"
          pattern="[0-9]+([.,][0-9]{1,2})?"
          required
        />
      </p>
      <p>
        <label
          ><input type="checkbox" name="invest" value="yes" /> start a trading cycle that invests
          it</label
        >
      </p>`,
  }),
  job: ({ overview, query }) => {
    const name = query.get('job') ?? '';
    const found = overview?.jobs.find((one) => one.name === name);
    return {
      title: `Run ${name} now?`,
      effects: [
        found?.description ?? 'There is no such job.',
        ...(name === 'trading-cycle' ? ['It may send orders, within all limits.'] : []),
      ],
      action: 'job',
      verb: `Run ${name}`,
      fields: html`<input type="hidden" name="job" value="${name}" />`,
    };
  },
};

export function confirmationView(context: ViewContext): Html | undefined {
  const confirm = confirmations[context.view];
  return confirm && confirmView(context, confirm(context));
}
