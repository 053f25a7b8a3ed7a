/**
 * The sheet's section 8.4: calls that end badly, of functions that share the host's thread as of those
 * that have threads of their own.
 */
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import {
  ISOLATION_ANNOTATION,
  isolations,
  type Isolation,
} from '#gateway/runtime/deployments/isolation.ts';
import { openGate, type Gate } from './gate.ts';
import { openRig, type Rig } from './rig.ts';
import { row } from './row-test.ts';
import { wire, type WireAnswer } from './raw-http.ts';

let rig: Rig;
let gate: Gate;

beforeAll(async () => {
  rig = await openRig({ fixtures: ['echo'] });
});
beforeEach(async () => {
  gate = await openGate();
});
afterEach(() => gate.close());
afterAll(() => rig.close());

const get = (path: string): Promise<WireAnswer> => wire(rig.url, 'GET', `/function/${path}`);

async function deploy(
  fixture: string,
  isolation: Isolation,
  envVars: Record<string, string> = {},
): Promise<string> {
  const name = `${fixture}-${isolation}`;
  const annotations = { [ISOLATION_ANNOTATION]: isolation };
  const answer = await rig.deploy(name, { image: `fixtures/${fixture}`, annotations, envVars });
  expect(answer.status).toBe(200);
  return name;
}

const said = ({ status, body, header }: WireAnswer) => [
  status,
  header('x-openfaas-internal'),
  body.toString(),
];

/** The same for both ways to carry a function. */
function rowForEach(number: number, work: (isolation: Isolation) => Promise<void>): void {
  row(number, async () => {
    for (const isolation of isolations) {
      await work(isolation);
      await gate.close();
      gate = await openGate();
    }
  });
}

rowForEach(92, async (isolation) => {
  const name = await deploy('gate', isolation, { exec_timeout: '2s' });
  // It never gets on, and does not stop when it is told to.
  const answer = await get(`${name}?gate=${gate.url}`);
  expect(said(answer)).toEqual([504, 'of-watchdog', '']);
  await gate.asked('left');
  gate.open('entered');
  expect((await get(`${name}?gate=${gate.url}`)).body.toString()).toBe('through');
});

rowForEach(93, async (isolation) => {
  const name = await deploy('exits', isolation);
  for (const how of ['code=1', 'code=0', 'code=137', 'signal=SIGTERM', 'signal=SIGKILL']) {
    const answer = await get(`${name}?${how}`);
    expect(said(answer)).toEqual([500, 'proxy', `Can't reach service for: ${name}.\n`]);
    expect((await get(name)).body.toString()).toBe('alive');
  }
});

rowForEach(94, async (isolation) => {
  const name = await deploy('gate', isolation, { max_inflight: '1' });
  const first = get(`${name}?gate=${gate.url}`);
  await gate.asked('entered');
  const second = await get(`${name}?gate=${gate.url}`);
  expect(said(second)).toEqual([
    429,
    'faas-middleware',
    'Concurrent request limit exceeded. Max concurrent requests: 1\n',
  ]);
  expect(second.header('content-type')).toMatch(/^text\/plain/);
  gate.open('entered');
  expect((await first).body.toString()).toBe('through');
  expect((await get(`${name}?gate=${gate.url}`)).status).toBe(200);
});

rowForEach(95, async (isolation) => {
  const name = await deploy('gate', isolation, { max_inflight: '1' });
  const request = httpRequest(`${rig.url}/function/${name}?gate=${gate.url}`, { agent: false });
  request.on('error', () => undefined);
  request.end();
  await gate.asked('entered');
  expect(gate.wasAsked('left')).toBe(false);
  request.destroy();
  await gate.asked('left');
  gate.open('entered');
  expect((await get(`${name}?gate=${gate.url}`)).body.toString()).toBe('through');
  const stream = httpRequest(`${rig.url}/function/${name}?gate=${gate.url}&events=2`, {
    agent: false,
  }).end();
  const [response] = await once(stream, 'response');
  await once(response, 'data');
  await gate.asked('event-1');
  stream.on('error', () => undefined);
  stream.destroy();
  // Its place is free before it got on.
  let status = 429;
  while (status === 429) ({ status } = await get(`${name}?gate=${gate.url}`));
  expect(status).toBe(200);
});

rowForEach(96, async (isolation) => {
  const name = await deploy('rejects', isolation);
  for (let i = 0; i < 2; i += 1) {
    const answer = await get(name);
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).not.toMatch(/purpose|TypeError|handler/);
  }
  expect((await get('echo')).status).toBe(200);
});

rowForEach(97, async (isolation) => {
  const name = await deploy('throws', isolation);
  for (let i = 0; i < 2; i += 1) {
    const answer = await get(name);
    expect(answer.status).toBe(500);
    expect(answer.body.toString()).not.toMatch(/detail|TypeError|handler/);
  }
  expect((await get('echo')).status).toBe(200);
});

row(98, async () => {
  for (let turn = 0; turn < 50; turn += 1) {
    const isolation = isolations[turn % isolations.length] ?? 'thread';
    const text = String(turn);
    await rig.deploy('fresh', {
      image: 'fixtures/environment',
      annotations: { [ISOLATION_ANNOTATION]: isolation },
      envVars: { TURN: text },
    });
    const answer = await get('fresh?name=TURN');
    expect([answer.status, answer.body.toString()]).toEqual([200, text]);
  }
  for (let turn = 0; turn < 3; turn += 1) {
    await rig.restart();
    expect((await get('fresh?name=TURN')).body.toString()).toBe('49');
  }
});
