/** Words that need explaining, explained where they stand. */
import { html, type Html } from './html.ts';

const terms = {
  sharpe: [
    'Sharpe ratio',
    'Gain for each unit of ups and downs, by the year. Above 1 is good; it says little under a few years.',
  ],
  volatility: [
    'Ups and downs',
    'Volatility: in two years of three, the year should end within this distance of what is expected.',
  ],
  drawdown: [
    'Deepest fall',
    'Maximum drawdown: the deepest fall from a high so far, without deposits and withdrawals.',
  ],
  'money-weighted': [
    'Your money, by the year',
    'Money-weighted return: how your money did with the timing of your payments.',
  ],
  return: [
    'The investments',
    'Time-weighted return: how the investments did, whatever was paid in and when.',
  ],
  'basis-point': ['basis points', 'One basis point (bp) is 0.01 %.'],
  gap: [
    'How good is it?',
    'The search has proven that no plan within your limits is better by more than this.',
  ],
  drift: [
    'Distance from target',
    'Drift: how far a holding’s share of the value is from the share the latest plan aims at.',
  ],
  'paid-in': [
    'Paid in',
    'Your deposits less your withdrawals, and securities you brought in at their value that day.',
  ],
  'free-cash': [
    'Free to invest',
    'Cash without what open orders hold back and without the minimum you want to keep.',
  ],
  utility: [
    'Better by',
    'Estimated improvement of expected gain, weighed against ups and downs, after cost. An estimate, not a promise.',
  ],
} as const;

export type Term = keyof typeof terms;

/** The word, as a button that shows its meaning; without support for that the meanings stand at the end. */
export function term(name: Term, text: string = terms[name][0]): Html {
  return html`<button type="button" class="term" popovertarget="t-${name}">${text}</button>`;
}

/** The meanings of all words; once on a page. */
export function meanings(): Html {
  const all = Object.entries(terms);
  return html`${all.map(
    ([name, [title, text]]) =>
      html`<div popover id="t-${name}" class="meaning">
        <b>${title}</b>
        <p>${text}</p>
      </div>`,
  )}`;
}
