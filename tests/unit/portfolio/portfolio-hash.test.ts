import { Decimal } from '#shared/kernel/decimal.ts';
import { parseIsin } from '#shared/kernel/isin.ts';
import type { EffectivePolicy } from '#shared/portfolio/model/policy/policy.ts';
import { portfolioHash, type PlanTerms } from '#shared/portfolio/model/portfolio-hash.ts';
import { defaultPolicy } from '#shared/portfolio/policy/default-policy.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { bookOf, line, trade } from './lines.ts';

const settings = parseSettings({});
const terms = { costs: settings, policy: defaultPolicy(settings) };
const lines = [line('deposit', '1000.00'), trade('buy', '3', '100', '-303.00')];
const book = bookOf(...lines);
const order = { id: 'trade-1', remaining: Decimal.of(5) };
const base = portfolioHash(book, [order], terms);

const ISIN = parseIsin('US0378331005');
const under = (changes: Partial<EffectivePolicy>): PlanTerms => ({
  ...terms,
  policy: { ...terms.policy, ...changes },
});

describe('the portfolio hash', () => {
  it('is sixteen hex digits and the same for the same portfolio', () => {
    expect(base).toMatch(/^[0-9a-f]{16}$/);
    expect(portfolioHash({ ...book, syncedAt: lines[0]?.happenedAt }, [order], terms)).toBe(base);
  });

  it('treats 5 and 5.0 shares alike', () => {
    expect(portfolioHash(book, [{ ...order, remaining: Decimal.parse('5.0') }], terms)).toBe(base);
  });

  it('ignores a closed position', () => {
    const buyAndSell = [trade('buy', '9', '1', '-9.00'), trade('sell', '9', '1', '9.00')];
    expect(portfolioHash(bookOf(line('deposit', '1.00'), ...buyAndSell), [], terms)).toBe(
      portfolioHash(bookOf(line('deposit', '1.00')), [], terms),
    );
  });

  it('does not change with what may be done without asking', () => {
    const trust = { level: 'simulated', sales: false } as const;
    expect(portfolioHash(book, [order], under({ trust }))).toBe(base);
  });

  it.each([
    ['cash', () => portfolioHash(bookOf(...lines, line('deposit', '0.01')), [order], terms)],
    [
      'holdings',
      () => portfolioHash(bookOf(...lines, trade('buy', '1', '1', '0')), [order], terms),
    ],
    ['live orders', () => portfolioHash(book, [], terms)],
    [
      'what remains of one',
      () => portfolioHash(book, [{ ...order, remaining: Decimal.of(4) }], terms),
    ],
    ['the objective', () => portfolioHash(book, [order], under({ objective: 'HRP' }))],
    [
      'the costs',
      () => portfolioHash(book, [order], { ...terms, costs: { ...settings, feeRatio: 0.1 } }),
    ],
    ['a list of the policy', () => portfolioHash(book, [order], under({ excluded: [ISIN] }))],
  ])('changes with %s', (_what, changed) => {
    expect(changed()).not.toBe(base);
  });
});
