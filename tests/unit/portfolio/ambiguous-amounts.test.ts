import { Failure } from '#shared/kernel/failure.ts';
import { parsePolicy, parseWrittenPolicy } from '#shared/portfolio/policy/policy-document.ts';
import { parseReplayPolicy } from '#shared/replay/replay-policy-document.ts';

const complaint = (work: () => unknown): string => {
  try {
    work();
    return 'accepted';
  } catch (thrown) {
    return Failure.from(thrown).message;
  }
};

const written = (text: string) => complaint(() => parseWrittenPolicy(text, 'document'));
const replayed = (text: string) =>
  complaint(() => parseReplayPolicy(`weights: equal\n${text}`, 'p.yaml', 'EUR'));

test.each([
  ['tax: {allowance: 1.000}', 'document.tax.allowance: "1.000" may be 1 or 1000'],
  ['trust: {level: paper, orderValueMax: 2.500}', 'document.trust.orderValueMax: "2.500" may be'],
])('of a policy that is written %s is refused', (text, expected) => {
  expect(written(text)).toContain(expected);
  // What is stored was accepted once.
  expect(complaint(() => parsePolicy(text, 'policy'))).toBe('accepted');
});

test.each(['tax: {allowance: 1000}', 'tax: {allowance: 1000.00}', 'tax: {gainRatio: 0.250}'])(
  'of a policy that is written %s is clear',
  (text) => {
    expect(written(text)).toBe('accepted');
  },
);

test.each([
  ['capital: 25.000', 'p.yaml.capital: "25.000" may be 25 or 25000; write which of them'],
  ['capital: 1.500', 'p.yaml.capital: "1.500" may be 1.50 or 1500'],
  ['deposit: {amount: 1.000, each: month}', 'p.yaml.deposit.amount: "1.000" may be 1 or 1000'],
  ['investmentPolicy: {tax: {allowance: 1.000}}', 'p.yaml.investmentPolicy.tax.allowance: "1.000"'],
  ['settings: {MINIMUM_ORDER: 1.000}', 'p.yaml.settings.MINIMUM_ORDER: "1.000"'],
])('of a replay %s is refused', (text, expected) => {
  expect(replayed(text)).toContain(expected);
});

test.each(['capital: 25000', 'capital: 25000.50', 'band: {relative: 1.250}', 'capital: "25000"'])(
  'of a replay %s is clear',
  (text) => {
    expect(replayed(text)).toBe('accepted');
  },
);
