import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { serviceNames } from '#shared/contract/names.ts';
import { handlerText, newOperation, withRpc } from '../../../scripts/new/skeletons.ts';

function operation(service: string, kebab: string) {
  const made = newOperation(service, kebab);
  if ('wrong' in made) throw new Error(made.wrong);
  return made;
}

it('derives the rpc from the operation’s name', () => {
  expect(newOperation('planning', 'explain-plan-v2')).toEqual({
    service: 'planning',
    kebab: 'explain-plan-v2',
    rpc: 'explainPlanV2',
  });
});

it.each([
  ['plans', 'explain', 'is no service'],
  ['planning', 'ExplainPlan', 'is not written like-this'],
  ['planning', 'explain--plan', 'is not written like-this'],
  ['planning', '../escape', 'is not written like-this'],
  ['planning', 'health-check', 'HealthCheck already'],
  ['planning', `explain-${'x'.repeat(60)}`, 'is over 63 long'],
])('refuses %s %s', (service, kebab, why) => {
  expect(newOperation(service, kebab)).toEqual({ wrong: expect.stringContaining(why) });
});

it.each(serviceNames)('adds an rpc and its messages to the proto of %s, once', (service) => {
  const proto = readFileSync(`protos/${service}.proto`, 'utf8');
  const added = withRpc(proto, operation(service, 'explain-itself')) ?? '';
  expect(added).toContain(
    '  rpc ExplainItself(ExplainItselfRequest) returns (ExplainItselfResponse);\n  rpc HealthCheck(',
  );
  expect(
    added.endsWith('\nmessage ExplainItselfRequest {}\n\nmessage ExplainItselfResponse {}\n'),
  ).toBe(true);
  expect(withRpc(added, operation(service, 'explain-itself'))).toBeUndefined();
});

it('refuses an operation whose rpc is there', () => {
  const proto = readFileSync('protos/planning.proto', 'utf8');
  expect(withRpc(proto, operation('planning', 'create-plan'))).toBeUndefined();
});

it('binds the handler to the row', () => {
  expect(handlerText(operation('planning', 'explain-plan'))).toContain(
    'export default handle(planning.explainPlan, async () => ({}));',
  );
});

describe('the command', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/run.mjs', 'scripts/new.ts', ...args], {
      encoding: 'utf8',
    });
  const files = () => [
    ...['protos', 'functions'].flatMap((folder) =>
      readdirSync(folder, { recursive: true, encoding: 'utf8' }),
    ),
    readFileSync('protos/planning.proto', 'utf8'),
  ];

  it('says what it would write and what is left, and writes nothing, in a dry run', () => {
    const before = files();
    const { status, stdout } = run('planning', 'explain-itself', '--dry-run');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /would write protos\/planning\.proto\nwould write functions\/planning\/explain-itself\/handler\.ts\nwould write tests\/functions\/planning\/explain-itself\.test\.ts\n/,
    );
    expect(stdout).toMatch(/Left to write:\n {2}shared\/contract\/planning\.ts[^]*handler\.ts/);
    expect(files()).toEqual(before);
  });

  it('ends with 2 and the reason when it cannot', () => {
    const { status, stderr } = run('planning', 'create-plan');
    expect([status, stderr]).toEqual([2, 'planning create-plan exists already\n']);
  });
});

describe('the command for an adapter', () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/run.mjs', 'scripts/new.ts', ...args], {
      encoding: 'utf8',
    });

  it.each([
    ['broker', 'paper', 'broker paper exists already\n'],
    ['broker', 'alpaca', 'broker alpaca exists already\n'],
    ['market-data', 'csv', 'market-data csv exists already\n'],
    ['broker', '../escape', '"../escape" is not written like-this\n'],
    ['market-data', 'x'.repeat(41), `"${'x'.repeat(41)}" is over 40 long\n`],
  ])('refuses %s %s', (kind, name, why) => {
    const { status, stderr } = run(kind, name);
    expect([status, stderr]).toEqual([2, why]);
  });

  it('writes nothing in a dry run', () => {
    const { status, stdout } = run('broker', 'other', '--dry-run');
    expect(status).toBe(0);
    expect(stdout).toContain('would write shared/clients/broker/other/other-broker.ts\n');
    expect(stdout).toContain('would write shared/process/settings/market-settings.ts\n');
    expect(existsSync('shared/clients/broker/other')).toBe(false);
  });
});
