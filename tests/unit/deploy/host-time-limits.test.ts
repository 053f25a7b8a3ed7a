import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  innerDifferences,
  limitDifferences,
  limitsOfGateway,
  limitsOfProvider,
} from '../../../scripts/deploy/host-time-limits.ts';
import { unitText } from '../../../scripts/deploy/unit-text.ts';
import { servicesOf, requestedFunctions } from '../../../scripts/deploy/board-functions.ts';

const ALL = servicesOf('deploy/boards/all-local');

const compose = (environment: string): string =>
  `services:\n  gateway:\n    image: gateway:1\n    environment: ${environment}\n`;

test('the stack files themselves have the inner limits below the outer', () => {
  for (const stack of ['stack.yml', 'stack.packed.yml'])
    expect(innerDifferences(requestedFunctions(stack, ALL, {}))).toEqual([]);
});

describe.each(['stack.yml', 'stack.packed.yml'])('limits around %s', (stack) => {
  const requested = requestedFunctions(stack, ALL, {});

  test('faasd as it is installed cuts off what takes longer than a minute', () => {
    const limits = [...limitsOfGateway(compose('[basic_auth=true]')), ...limitsOfProvider('')];
    expect(limitDifferences(requested, limits)).toEqual(
      ['gateway: read_timeout', 'gateway: write_timeout', 'gateway: upstream_timeout']
        .concat('provider: service_timeout')
        .map((name) => expect.stringContaining(`${name} is 60s, should be more than `)),
    );
  });

  test.each([
    '[read_timeout=90m, write_timeout=5400, upstream_timeout=89m59s]',
    '{ read_timeout: 90m, write_timeout: 5400, upstream_timeout: 89m59s }',
  ])('longer ones fit: %s', (environment) => {
    const unit = '[Service]\nEnvironment="basic_auth=true" service_timeout=90m\n';
    const limits = [...limitsOfGateway(compose(environment)), ...limitsOfProvider(unit)];
    expect(limitDifferences(requested, limits)).toEqual([]);
  });

  test('what is no duration is named', () => {
    const limits = limitsOfGateway(
      compose('[read_timeout=soon, write_timeout=2h, upstream_timeout=2h]'),
    );
    expect(limitDifferences(requested, limits)).toEqual([
      'gateway: read_timeout is soon, which is no duration',
    ]);
  });
});

describe('the unit of the provider', () => {
  let root: string;
  const NAME = 'faasd-provider.service';

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'units-'));
    put('lib', NAME, '[Service]\nEnvironment="service_timeout=30s"\n');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  function put(folder: string, path: string, text: string): void {
    const file = join(root, folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const limit = (): string | undefined => {
    const text = unitText(NAME, [join(root, 'etc'), join(root, 'lib')]);
    return text === undefined ? undefined : limitsOfProvider(text)[0]?.text;
  };

  test('is read with what systemctl edit added, the last name at last', () => {
    expect(limit()).toBe('30s');
    put('etc', `${NAME}.d/override.conf`, '[Service]\nEnvironment=service_timeout=4000s\n');
    expect(limit()).toBe('4000s');
    put('lib', `${NAME}.d/10-first.conf`, '[Service]\nEnvironment=service_timeout=5s\n');
    put('lib', `${NAME}.d/zz.txt`, 'Environment=service_timeout=6s\n');
    expect(limit()).toBe('4000s');
    put('lib', `${NAME}.d/override.conf`, '[Service]\nEnvironment=service_timeout=7s\n');
    expect(limit()).toBe('4000s');
    put('etc', `${NAME}.d/zz.conf`, '[Service]\nEnvironment=\n');
    expect(limit()).toBe('60s');
  });

  test('is replaced by one of the same name in a more important folder, and may be missing', () => {
    put('etc', NAME, '[Service]\nEnvironment=service_timeout=90m\n');
    expect(limit()).toBe('90m');
    expect(unitText('other.service', [join(root, 'etc'), join(root, 'lib')])).toBeUndefined();
  });
});

test('an inner limit that is not below the outer is named', () => {
  const [first] = requestedFunctions('stack.packed.yml', ALL, {});
  if (!first) throw new Error('the stack has no function');
  const environment = { exec_timeout: '60s', write_timeout: '60s', read_timeout: '61s' };
  expect(innerDifferences([{ ...first, environment }])).toEqual([
    `${first.name}: write_timeout is 60s, not above 60s`,
  ]);
});
