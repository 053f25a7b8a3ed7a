import { differences, type Listed } from '../../../scripts/deploy/function-differences.ts';
import {
  regexOf,
  servicesOf,
  requestedFunctions,
} from '../../../scripts/deploy/board-functions.ts';

const COMPUTE = 'deploy/boards/compute-state/compute';
const STATE = 'deploy/boards/compute-state/state';

/** What a gateway lists after a faultless deployment. */
function deployed(stack: string, board: string): Listed {
  return requestedFunctions(stack, servicesOf(board), {}).map((spec) => ({
    name: spec.name,
    image: spec.image,
    envVars: {
      ...spec.environment,
      PATH: '/usr/bin',
      REDIS_URL_FILE: '/var/openfaas/secrets/redis-url',
    },
    labels: { ...spec.labels, 'com.openfaas.uid': '1' },
    annotations: { ...spec.annotations },
    secrets: [...spec.secrets, 'redis-url'],
    availableReplicas: 1,
  }));
}

describe.each(['stack.yml', 'stack.packed.yml'])('what is deployed of %s', (stack) => {
  const requested = requestedFunctions(stack, servicesOf(COMPUTE), {});

  test('is as it should be after a deployment, whatever the board adds', () => {
    expect(differences(requested, deployed(stack, COMPUTE))).toEqual([]);
  });

  test('names missing functions', () => {
    const [first, ...others] = deployed(stack, COMPUTE);
    expect(differences(requested, others)).toEqual([`${first?.name}: is not deployed`]);
  });

  test('names functions of the other board', () => {
    const strangers = deployed(stack, STATE);
    const lines = differences(requested, [...deployed(stack, COMPUTE), ...strangers]);
    expect(lines).toEqual(
      strangers.map(({ name }) => `${name}: is deployed, and does not belong here`),
    );
  });

  test('leaves functions of others alone', () => {
    const [first] = deployed(stack, COMPUTE);
    const other = { ...first, name: 'figlet', image: 'ghcr.io/openfaas/figlet:latest' };
    expect(differences(requested, [...deployed(stack, COMPUTE), other])).toEqual([]);
  });

  test.each([
    [
      'image',
      { image: 'arduino-trader/other:latest' },
      /image is arduino-trader\/other:latest, should be/,
    ],
    ['limit', { envVars: {} }, /environment exec_timeout is unset, should be \d+s/],
    ['label', { labels: null }, /label service is unset/],
    ['secret', { secrets: [] }, /has no secret write-token/],
    ['readiness', { availableReplicas: 0 }, /is not ready/],
  ])('says of a wrong %s what it is and should be', (_what, fault, line) => {
    const [first, ...others] = deployed(stack, COMPUTE);
    const lines = differences(requested, [{ ...first, ...fault } as Listed[number], ...others]);
    expect(lines.join('\n')).toMatch(line);
    expect(lines.every((one) => one.startsWith(`${first?.name}: `))).toBe(true);
  });

  test('the two boards have all functions between them, and none twice', () => {
    const all = requestedFunctions(stack, servicesOf('deploy/boards/all-local'), {});
    const split = [COMPUTE, STATE].flatMap((board) =>
      requestedFunctions(stack, servicesOf(board), {}).map(({ name }) => name),
    );
    expect(split.toSorted()).toEqual(all.map(({ name }) => name).toSorted());
  });

  test('the expression for faas-cli selects a board’s functions and no others', () => {
    const all = requestedFunctions(stack, servicesOf('deploy/boards/all-local'), {});
    for (const board of [COMPUTE, STATE, 'deploy/boards/balanced/a', 'deploy/boards/balanced/b']) {
      const services = servicesOf(board);
      const selected = all.filter(({ name }) => new RegExp(regexOf(services)).test(name));
      expect(selected).toEqual(requestedFunctions(stack, services, {}));
    }
  });
});

test('the packed stack fits what OpenFaaS CE allows on a board', () => {
  const all = requestedFunctions('stack.packed.yml', servicesOf('deploy/boards/all-local'), {});
  expect(all.length).toBeLessThanOrEqual(15);
});

test('a function that its gateway lists without availableReplicas is not ready by that alone', () => {
  const requested = requestedFunctions('stack.packed.yml', servicesOf(COMPUTE), {});
  const listed = deployed('stack.packed.yml', COMPUTE).map((one) => ({
    ...one,
    replicas: 1,
    availableReplicas: undefined,
  }));
  expect(differences(requested, listed)).toEqual(
    requested.map(({ name }) => `${name}: is not ready`),
  );
});
