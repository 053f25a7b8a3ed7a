import { callPolicy, defaultCallPolicy } from '#gateway/queue/call-policy.ts';
import { operations } from '#shared/contract/catalogue.ts';

const policyOf = (name: string, annotations: Record<string, string> = {}) =>
  callPolicy(name, '/', annotations).policy;

it('gives a function that is not ours the documented default', () => {
  expect(policyOf('echo')).toEqual({
    attempts: 5,
    backoffMs: 500,
    concurrency: 4,
    retried: [429, 502, 503],
  });
});

it.each(operations.map((operation) => [operation.name, operation] as const))(
  'takes the policy of %s from its row',
  (name, { queue, weight }) => {
    const { attempts, backoffMs, retried, concurrency } = policyOf(name);
    expect(retried).toEqual([429, 503, 504]);
    // A run has its attempts in its own queue; following it is not tried again on top.
    if (queue?.caller === 'follows') return expect([attempts, concurrency]).toEqual([1, 16]);
    expect(attempts).toBe(queue?.attempts ?? defaultCallPolicy.attempts);
    expect(backoffMs).toBe(queue?.backoffMs ?? defaultCallPolicy.backoffMs);
    expect(concurrency).toBe(weight === 'heavy' ? 2 : 4);
  },
);

it('finds the operation of a packed service by its path', () => {
  expect(callPolicy('planning', '/create-plan').policy).toEqual(policyOf('planning-create-plan'));
});

it('reads annotations', () => {
  const annotations = {
    'arduino-trader/async-attempts': '3',
    'arduino-trader/async-backoff': '1m',
    'arduino-trader/async-concurrency': '1',
    'arduino-trader/async-retry-on': '429, 500',
  };
  expect(policyOf('echo', annotations)).toEqual({
    attempts: 3,
    backoffMs: 60_000,
    concurrency: 1,
    retried: [429, 500],
  });
  expect(policyOf('echo', { 'arduino-trader/async-retry-on': 'none' }).retried).toEqual([]);
});

it.each([
  ['attempts', '0'],
  ['attempts', '21'],
  ['attempts', 'many'],
  ['backoff', '0s'],
  ['backoff', '11m'],
  ['backoff', 'soon'],
  ['concurrency', '65'],
  ['concurrency', '-1'],
  ['retry-on', '200'],
  ['retry-on', '503;504'],
])('ignores async-%s "%s" and reports it', (name, text) => {
  const annotation = `arduino-trader/async-${name}`;
  const { policy, complaints } = callPolicy('echo', '/', { [annotation]: text });
  expect(policy).toEqual(defaultCallPolicy);
  expect(complaints).toEqual([`${annotation}: "${text}"`]);
});
