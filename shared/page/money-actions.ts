/** Money and transactions that are entered on the page: shown with their effect, then booked once. */
import type { ImportTransactionsResponse } from '#protos/gen/portfolio.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { ask, required, type Action, type ActionCall } from './page-action.ts';
import { hiddenFields, type Confirmation } from './view/forms/confirmation.ts';
import { plural, type Format } from './view/format.ts';
import { html, type Html } from './view/html.ts';

const LEFT_ROWS_SHOWN = 20;

export const deposit: Action = {
  role: 'trade',
  preview: (form, call) => moved(form, call, 'deposit'),
  run: async (form, call) => {
    const request = { amount: amountIn(form, call), autoInvest: form.get('invest') === 'yes' };
    return (await ask(call, gateway.processDeposit, request)).message;
  },
};

export const withdrawal: Action = {
  role: 'trade',
  preview: (form, call) => moved(form, call, 'withdrawal'),
  run: async (form, call) => {
    const note = `entered on the page by ${call.who}`.slice(0, 200);
    const request = { kind: 'withdrawal', amount: amountIn(form, call), note };
    return (await ask(call, portfolio.bookMovement, request)).message;
  },
};

export const importFile: Action = {
  role: 'trade',
  preview: async (form, call) => {
    const content = required(form, 'content');
    const answer = await ask(call, portfolio.importTransactions, { content, apply: false });
    return {
      title: 'Book these transactions?',
      effects: importEffects(answer, call.format),
      action: 'import',
      verb: `Book ${plural(answer.newMovements, 'movement')}`,
      fields: hiddenFields({ content }),
      back: '?view=import',
    };
  },
  run: async (form, call) => {
    const request = { content: required(form, 'content'), apply: true };
    const { newMovements, leftRows } = await ask(call, portfolio.importTransactions, request);
    const left = leftRows.length === 0 ? '' : ` ${plural(leftRows.length, 'row')} left out.`;
    return `Booked ${plural(newMovements, 'movement')}.${left}`;
  },
};

async function moved(
  form: URLSearchParams,
  call: ActionCall,
  kind: 'deposit' | 'withdrawal',
): Promise<Confirmation> {
  const { amount, currency } = amountIn(form, call);
  const { value, trading } = await ask(call, gateway.getOverview, { rowsMax: 1, historyDays: 1 });
  const before = Decimal.parse(value?.cash?.amount ?? '0');
  const change = Decimal.parse(amount);
  const after = kind === 'deposit' ? before.add(change) : before.subtract(change);
  const isInvested = form.get('invest') === 'yes';
  const money = (one: Decimal): Html => call.format.money({ amount: one.toString(), currency });
  return {
    title: kind === 'deposit' ? 'Note this deposit?' : 'Note this withdrawal?',
    effects: [
      html`Cash goes from ${money(before)} to <b>${money(after)}</b>.`,
      trading?.practice === true
        ? 'The practice account is changed at once.'
        : 'It counts as announced until the broker shows it.',
      ...(isInvested ? ['A trading cycle starts, which may send orders within all limits.'] : []),
    ],
    action: kind,
    verb: `Note ${call.format.moneyText({ amount, currency })}`,
    fields: hiddenFields({ amount, invest: isInvested ? 'yes' : '' }),
    back: `?view=${kind}`,
  };
}

/** @throws Failure INVALID_REQUEST for what is no amount above 0 */
function amountIn(form: URLSearchParams, { currency }: ActionCall) {
  const amount = required(form, 'amount').replace(',', '.');
  if (!/^\d{1,15}(\.\d{1,2})?$/.test(amount) || !/[1-9]/.test(amount))
    throw invalidRequest({ field: 'amount', message: 'is a number above 0, such as 250.00' });
  return { amount, currency };
}

function importEffects(answer: ImportTransactionsResponse, written: Format): (Html | string)[] {
  const { format, newMovements, knownRows, positions, leftRows, cashBefore, cashAfter } = answer;
  const more = leftRows.length - LEFT_ROWS_SHOWN;
  return [
    `A file of ${format}: ${plural(newMovements, 'movement')} new, ${plural(knownRows, 'row')} booked before.`,
    html`Cash goes from ${written.money(cashBefore)} to <b>${written.money(cashAfter)}</b>.`,
    ...positions.map(
      ({ symbol, isin, quantityBefore, quantityAfter }) =>
        html`${symbol || isin}: ${written.number(quantityBefore)} →
          <b>${written.number(quantityAfter)}</b> shares`,
    ),
    ...leftRows
      .slice(0, LEFT_ROWS_SHOWN)
      .map(({ line, reason }) => html`<b>Line ${line} is left out:</b> ${reason}`),
    ...(more > 0 ? [`${plural(more, 'more row')} left out.`] : []),
    'Rows that were booked before are not booked again.',
  ];
}
