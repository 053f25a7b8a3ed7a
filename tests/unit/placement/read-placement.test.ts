import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Failure, FieldViolation } from '#shared/kernel/failure.ts';
import { serviceNames } from '#shared/contract/names.ts';
import { allLocal, isLocal, remotePlaces, type Placement } from '#shared/placement/placement.ts';
import { readPlacement, type PlacementSettings } from '#shared/placement/read-placement.ts';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trader-placement-'));
  await writeFile(join(dir, 'token'), 'a-token-of-some-length\n');
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const DEVICE = `
name: compute
devices:
  compute: { roles: [compute], gateway: 'http://127.0.0.1:8080' }
  state:
    roles: [state]
    gateway: http://127.0.0.1:8081/
    facade: { host: '::1', portBase: 51051 }
    tokenFile: token
`;
const SERVICES = `
services:
  universe: { mode: remote, device: state, protocol: grpc }
  portfolio: { mode: remote, device: state }
  scoring: { mode: local }
  optimization: { mode: local, device: state, protocol: grpc }
  planning: { mode: local }
  trading: { mode: remote, device: state, port: 9000, timeoutMs: 5000, retries: 0, staleMsMax: 0 }
  gateway: { mode: local }
`;

async function read(
  device: string | null,
  services: string | null,
  settings: PlacementSettings = { redisUrl: 'redis://127.0.0.1' },
): Promise<Placement> {
  const [deviceFile, servicesFile] = [join(dir, 'device.yaml'), join(dir, 'services.yaml')];
  if (device !== null) await writeFile(deviceFile, device);
  if (services !== null) await writeFile(servicesFile, services);
  return readPlacement({ deviceFile, servicesFile, ...settings });
}

/** Complaints as `file: path: message`, the folder left out. */
async function complaintsOf(reading: Promise<unknown>): Promise<string[]> {
  const failure = await reading.then(
    () => undefined,
    (thrown: Failure) => thrown,
  );
  expect(failure?.code).toBe('INVALID_REQUEST');
  const violations = failure?.facts['violations'] as readonly FieldViolation[];
  return violations.map((one) => `${one.field}: ${one.message}`.replaceAll(`${dir}/`, ''));
}

test('without the files one board has everything', async () => {
  expect(await readPlacement({})).toBe(allLocal);
  expect(serviceNames.every((service) => isLocal(allLocal, service))).toBe(true);
});

test('one file without the other is refused', async () => {
  expect(await complaintsOf(readPlacement({ deviceFile: 'd.yaml' }))).toEqual([
    'SERVICES_FILE: is needed, because DEVICE_FILE is set',
  ]);
  expect(await complaintsOf(readPlacement({ servicesFile: 's.yaml' }))).toEqual([
    'DEVICE_FILE: is needed, because SERVICES_FILE is set',
  ]);
});

test('both files together say where each service is reached', async () => {
  const placement = await read(DEVICE, SERVICES);
  expect(placement.device).toBe('compute');
  expect(remotePlaces(placement).map(({ service, address }) => [service, address])).toEqual([
    ['universe', '[::1]:51056'],
    ['portfolio', 'http://127.0.0.1:8081'],
    ['trading', 'http://127.0.0.1:9000'],
  ]);
  expect(placement.places.portfolio).toMatchObject({
    device: { name: 'state', tokenFile: join(dir, 'token') },
    timeoutMs: undefined,
    retries: 2,
    healthCheck: { intervalMs: 10_000, timeoutMs: 2_000 },
    staleMsMax: 900_000,
  });
  expect(placement.places.trading).toMatchObject({ timeoutMs: 5_000, retries: 0, staleMsMax: 0 });
  expect(placement.breaker).toEqual({ failures: 5, pauseMs: 10_000 });
});

test('every complaint about the form of both files comes at once', async () => {
  const device = `
name: Compute!
colour: blue
devices:
  compute: { roles: [boss], gateway: 'ftp://x' }
  state: { roles: [], facade: { port: 1 } }
`;
  const services = `
services:
  universe: { mode: far }
  portfolio: { mode: local, retries: -1, staleMs: 3 }
  scoring: { mode: local, port: 70000, timeoutMs: 1.5 }
  optimization: {}
  planning: { mode: local }
  trading: { mode: local }
  broker: { mode: local }
breaker: { failures: 0 }
`;
  const complaints = await complaintsOf(read(device, services));
  for (const path of [
    'device.yaml: name: lower-case letters',
    'device.yaml: colour: is not known here',
    'device.yaml: devices.compute.roles.0: ',
    'device.yaml: devices.compute.gateway: http:// or https://',
    'device.yaml: devices.state.roles: at least one role',
    'device.yaml: devices.state.facade.host: is needed',
    'device.yaml: devices.state.facade.port: is not known here',
    'services.yaml: services.universe.mode: ',
    'services.yaml: services.portfolio.retries: never negative',
    'services.yaml: services.portfolio.staleMs: is not known here',
    'services.yaml: services.scoring.port: from 1 to 65535',
    'services.yaml: services.scoring.timeoutMs: ',
    'services.yaml: services.optimization.mode: ',
    'services.yaml: services.gateway: is needed',
    'services.yaml: services.broker: is not known here',
    'services.yaml: breaker.failures: at least 1',
  ])
    expect(complaints).toContainEqual(expect.stringContaining(path));
  expect(complaints).toHaveLength(16);
});

test('every complaint about what the files mean together comes at once', async () => {
  const device = `
name: third
devices:
  compute: { roles: [compute, state], gateway: 'http://192.168.1.20:8080', tokenFile: short }
  state: { roles: [state], facade: { host: 192.168.1.21 }, tokenFile: nowhere }
  fourth: { roles: [compute] }
`;
  await writeFile(join(dir, 'short'), 'short');
  const services = `
services:
  universe: { mode: remote, device: state, protocol: grpc }
  portfolio: { mode: remote, device: state }
  scoring: { mode: remote, device: fifth }
  optimization: { mode: remote }
  planning: { mode: remote, device: compute }
  trading: { mode: remote, device: fourth, protocol: grpc }
  gateway: { mode: local }
`;
  expect(await complaintsOf(read(device, services, {}))).toEqual([
    'device.yaml: name: "third" is not among the devices (compute, state, fourth)',
    'device.yaml: devices: exactly one has the role state; here 2 have',
    'device.yaml: devices.state.facade.host: is another machine: gRPC needs GRPC_TLS_CERT',
    'device.yaml: devices.state.gateway: is needed, because portfolio is reached there over http',
    'services.yaml: services.scoring.device: "fifth" is not among the devices of device.yaml (compute, state, fourth)',
    'services.yaml: services.optimization.device: is needed, because the mode is remote',
    'device.yaml: devices.compute.gateway: would carry the token in plain text; use https, or gRPC with TLS, or say allowPlainText: true',
    'device.yaml: devices.fourth.facade: is needed, because trading is reached there over grpc',
    'REDIS_URL: is needed, because services.yaml puts services on another board, and all boards share one Redis',
    'device.yaml: devices.state.tokenFile: nowhere cannot be read',
    'device.yaml: devices.compute.tokenFile: short is too short for a token',
  ]);
});

test('a service cannot be remote on the board itself', async () => {
  const services = SERVICES.replace(
    'portfolio: { mode: remote, device: state }',
    'portfolio: { mode: remote, device: compute }',
  );
  expect(await complaintsOf(read(DEVICE, services))).toEqual([
    'services.yaml: services.portfolio.device: is this board; its mode is local',
  ]);
});

test('a file that is not there, or is not YAML, is named with the line', async () => {
  expect(await complaintsOf(read(null, 'services: {\n  a: [\n'))).toEqual([
    'device.yaml: cannot be read (ENOENT)',
    expect.stringMatching(/^services\.yaml: line \d+: /),
    expect.stringMatching(/^services\.yaml: line \d+: /),
  ]);
});

describe('the examples in deploy/boards', () => {
  const root = 'deploy/boards';

  async function boardsOf(split: string): Promise<string[]> {
    const entries = await readdir(join(root, split), { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
    return folders.length === 0
      ? [join(root, split)]
      : folders.map((one) => join(root, split, one));
  }

  test.each(['all-local', 'compute-state', 'balanced'])(
    '%s puts each service on exactly one board',
    async (split) => {
      const settings = { redisUrl: 'redis://state.local', grpcTlsCert: 'cert.pem' };
      const placements = await Promise.all(
        (await boardsOf(split)).map((folder) =>
          readPlacement({
            ...settings,
            deviceFile: join(folder, 'device.yaml'),
            servicesFile: join(folder, 'services.yaml'),
          }),
        ),
      );
      for (const service of serviceNames) {
        const owners = placements.filter((placement) => isLocal(placement, service));
        expect(owners.map(({ device }) => device)).toHaveLength(1);
        for (const place of placements.map(({ places }) => places[service]))
          if (place.mode === 'remote') expect(place.device.name).toBe(owners[0]?.device);
      }
    },
  );

  test.each(['compute-state', 'balanced'])(
    'the boards of %s know the same devices',
    async (split) => {
      const files = (await boardsOf(split)).map((folder) => join(folder, 'device.yaml'));
      const devices = await Promise.all(
        files.map(
          async (file) => (parse(await readFile(file, 'utf8')) as { devices: unknown }).devices,
        ),
      );
      expect(devices[0]).toEqual(devices[1]);
    },
  );
});
