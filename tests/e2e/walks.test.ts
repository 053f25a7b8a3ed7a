/** CONTRIBUTING's walks, performed in a scratch copy: what each leaves compiles and its test passes. */
import { readFileSync } from 'node:fs';
import { ScratchCopy } from '../support/scratch-copy.ts';

const RUN = ['scripts/run.mjs'];
const LINES_MAX = 10;

let copy: ScratchCopy;

beforeAll(() => {
  copy = new ScratchCopy();
  copy.snapshot();
});
afterAll(() => copy.remove());

interface Walk {
  /** The heading of CONTRIBUTING that describes it. */
  readonly heading: string;
  readonly perform: (copy: ScratchCopy) => void;
  /** What a generated page holds afterwards. */
  readonly generated: readonly (readonly [file: string, text: string])[];
  readonly tests: readonly string[];
}

const SETTINGS_PAGE = 'docs/operate/settings.md';

const walks: readonly Walk[] = [
  {
    heading: 'An operation',
    perform: addOperation,
    generated: [
      ['stack.yml', 'planning-archive-plan:'],
      ['docs/use/operations.md', 'planning-archive-plan'],
    ],
    tests: ['tests/functions/planning/archive-plan.test.ts'],
  },
  {
    heading: 'A broker',
    perform: addBroker,
    generated: [[SETTINGS_PAGE, 'one of paper, alpaca, tradernet, interactive-brokers, other']],
    tests: ['tests/integration/broker/other-broker.test.ts', 'tests/integration/opened.test.ts'],
  },
  {
    heading: 'A market-data provider',
    perform: addMarketData,
    generated: [[SETTINGS_PAGE, '`other`']],
    tests: [
      'tests/integration/market-data/other-market-data.test.ts',
      'tests/integration/opened.test.ts',
    ],
  },
  {
    heading: 'A setting',
    perform: addSetting,
    generated: [[SETTINGS_PAGE, '`EXAMPLE_RATIO`']],
    tests: ['tests/unit/process/example-setting.test.ts'],
  },
  {
    heading: 'A job',
    perform: addJob,
    generated: [],
    tests: ['tests/unit/gateway/jobs.test.ts', 'tests/unit/gateway/example-job.test.ts'],
  },
  {
    heading: 'An objective',
    perform: addObjective,
    generated: [],
    tests: [
      'tests/unit/optimization/objectives.test.ts',
      'tests/unit/optimization/example-objective.test.ts',
    ],
  },
];

describe.each(walks)("CONTRIBUTING's walk $heading, by itself", (walk) => {
  beforeAll(() => {
    copy.restore();
    walk.perform(copy);
    expect(copy.run('node', ...RUN, 'scripts/generate.ts')).toMatchObject({ status: 0 });
  });

  it('leaves a project that compiles', () => {
    expect(copy.compile()).toEqual({ output: '', status: 0 });
  }, 180_000);

  it('leaves generated files that are current', () => {
    for (const [file, text] of walk.generated) expect(copy.read(file)).toContain(text);
    expect(copy.run('node', ...RUN, 'scripts/generate.ts', '--check')).toMatchObject({ status: 0 });
  });

  it('leaves tests that pass', () => {
    const jest = ['node_modules/jest/bin/jest.js', '-i', '--colors=false'];
    const { output, status } = copy.run('node', ...jest, ...walk.tests);
    if (status !== 0) throw new Error(output);
    const count = walk.tests.length;
    expect(output).toContain(`Test Suites: ${count} passed, ${count} total`);
  }, 180_000);

  it('has at most ten lines in CONTRIBUTING', () => {
    const [, written = ''] = sections().find(([heading]) => heading === walk.heading) ?? [];
    const lines = written.split('\n').filter((line) => line.trim() !== '');
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThanOrEqual(LINES_MAX);
  });
});

it('has a test for each walk of CONTRIBUTING', () => {
  expect(walks.map(({ heading }) => heading).sort()).toEqual(
    sections()
      .map(([heading]) => heading)
      .sort(),
  );
});

function sections(): readonly (readonly [heading: string, text: string])[] {
  const [, written = ''] =
    /\n## Walks\n([^]*?)\n## /.exec(readFileSync('CONTRIBUTING.md', 'utf8')) ?? [];
  return written
    .split('\n### ')
    .slice(1)
    .map((section) => {
      const [heading = '', ...lines] = section.split('\n');
      return [heading, lines.join('\n')] as const;
    });
}

function addOperation(copy: ScratchCopy): void {
  const { output, status } = copy.run('node', ...RUN, 'scripts/new.ts', 'planning', 'archive-plan');
  expect({ output, status }).toMatchObject({ status: 0 });
  const [row = ''] = /^ {2}archivePlan: \{[^]*?^ {2}\},\n/m.exec(output) ?? [];
  expect(row).toContain('summary:');
  copy.insertBefore('shared/contract/planning.ts', /\}\);\n$/, row);
}

function addBroker(copy: ScratchCopy): void {
  const { output, status } = copy.run('node', ...RUN, 'scripts/new.ts', 'broker', 'other');
  expect({ output, status }).toMatchObject({ status: 0 });
  copy.create('tests/integration/opened.test.ts', openedTest('BROKER', 'broker'));
}

function addMarketData(copy: ScratchCopy): void {
  const command = [...RUN, 'scripts/new.ts', 'market-data', 'other'];
  const { output, status } = copy.run('node', ...command);
  expect({ output, status }).toMatchObject({ status: 0 });
  copy.create('tests/integration/opened.test.ts', openedTest('MARKET_DATA', 'marketData'));
}

function addSetting(copy: ScratchCopy): void {
  copy.insertBefore(
    'shared/process/settings.ts',
    /\} as const satisfies Record<string, SettingRow/,
    "  exampleRatio: row('EXAMPLE_RATIO', '0.5', 'an example', ratio),\n",
  );
  copy.create('tests/unit/process/example-setting.test.ts', SETTING_TEST);
}

function addJob(copy: ScratchCopy): void {
  copy.insertBefore(
    'shared/contract/jobs.ts',
    /\];\n/,
    `  {
    name: 'example-job',
    description: 'Scores the universe again at noon.',
    schedule: '0 12 * * 1-5',
    work: calls(scoring.batchScoreSecurities, {}),
  },
`,
  );
  copy.create('tests/unit/gateway/example-job.test.ts', JOB_TEST);
}

function addObjective(copy: ScratchCopy): void {
  const model = 'shared/optimization/model';
  copy.edit('protos/optimization.proto', /(enum Objective \{[^}]*)\}/, (found) =>
    found.replace(/\}$/, '  EXAMPLE_OBJECTIVE = 99;\n}'),
  );
  copy.insertBefore('shared/kernel/objective.ts', /\] as const/, "  'EXAMPLE_OBJECTIVE',\n");
  copy.edit(
    `${model}/objectives.ts`,
    /\| \{ readonly kind: 'MINIMUM_VOLATILITY' \}/,
    (found) => `${found}\n  | { readonly kind: 'EXAMPLE_OBJECTIVE' }`,
  );
  for (const [file, end] of [
    ['objectives.ts', "    case 'MINIMUM_VOLATILITY':\n"],
    ['position-programs.ts', "    case 'MINIMUM_VOLATILITY':\n"],
    ['position-limits.ts', "    case 'MINIMUM_VOLATILITY':\n"],
    ['allocate.ts', "    case 'MINIMUM_VOLATILITY':\n"],
    ['allocation-request.ts', "    case 'MINIMUM_VOLATILITY':\n"],
  ] as const)
    copy.insertBefore(`${model}/${file}`, new RegExp(end), "    case 'EXAMPLE_OBJECTIVE':\n");
  copy.insertBefore(`${model}/allocate.ts`, / {2}TARGET_RETURN: /, '  EXAMPLE_OBJECTIVE: true,\n');
  copy.insertBefore(
    `${model}/proof.ts`,
    / {2}TARGET_RETURN: /,
    '  EXAMPLE_OBJECTIVE: volatility,\n',
  );
  copy.create('tests/unit/optimization/example-objective.test.ts', OBJECTIVE_TEST);
}

const OBJECTIVE_TEST = `import { objectives } from '#shared/kernel/objective.ts';
import { optimization } from '#shared/contract/optimization.ts';

it('the contract takes the objective', () => {
  expect(objectives).toContain('EXAMPLE_OBJECTIVE');
  const parsed = optimization.optimizeAllocation.request.safeParse({ objective: 'EXAMPLE_OBJECTIVE' });
  expect(parsed.error?.issues ?? []).toEqual([]);
});
`;

const SETTING_TEST = `import { parseSettings } from '#shared/process/settings.ts';

it('is read from its variable, and refused by its name', () => {
  expect(parseSettings({}).exampleRatio).toBe(0.5);
  expect(parseSettings({ EXAMPLE_RATIO: '0.25' }).exampleRatio).toBe(0.25);
  expect(() => parseSettings({ EXAMPLE_RATIO: 'half' })).toThrow('EXAMPLE_RATIO');
});
`;

const JOB_TEST = `import { jobs } from '#shared/contract/jobs.ts';

it('is scheduled', () => {
  expect(jobs.find(({ name }) => name === 'example-job')?.schedule).toBe('0 12 * * 1-5');
});
`;

/** Opens what the variable names, as a process of the system does. */
function openedTest(variable: string, member: 'broker' | 'marketData'): string {
  return `import { openDependencies } from '#shared/runtime/dependencies.ts';
import { parseSettings } from '#shared/process/settings.ts';
import { silentLog } from '#shared/process/log.ts';
import { startTestRedis } from '../support/dependencies.ts';

it('the settings open it', async () => {
  const redis = await startTestRedis();
  const settings = parseSettings({ REDIS_URL: redis.url, ${variable}: 'other' });
  const opened = await openDependencies(settings, { tokens: null, log: silentLog });
  expect(opened.${member}.name).toBe('other');
  await opened.close();
  await redis.stop();
});
`;
}
