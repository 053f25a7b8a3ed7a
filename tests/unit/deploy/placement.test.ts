import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { placementDifferences } from '../../../scripts/deploy/placement-conflicts.ts';

const state: readonly ServiceName[] = ['portfolio', 'trading', 'universe'];
const compute = serviceNames.filter((name) => !state.includes(name));
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'trader-placement-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, has: readonly ServiceName[], other: string): string {
  const board = join(folder, name);
  mkdirSync(board);
  const devices = { compute: { roles: ['compute'] }, state: { roles: ['state'] } };
  writeFileSync(join(board, 'device.yaml'), stringify({ name, devices }));
  const services = serviceNames.map((service) => [
    service,
    has.includes(service) ? { mode: 'local' } : { mode: 'remote', device: other },
  ]);
  const text = stringify({ services: Object.fromEntries(services) as unknown });
  writeFileSync(join(board, 'services.yaml'), text);
  return board;
}

test.each([
  'compute-state/compute',
  'compute-state/state',
  'balanced/a',
  'balanced/b',
  'all-local',
])('the board %s of this project goes with the one beside it', (board) => {
  expect(placementDifferences(`deploy/boards/${board}`)).toEqual([]);
});

test('names a service that both boards have, and one that each leaves to the other', () => {
  const board = write('compute', [...compute, 'trading'], 'state');
  write('state', ['trading', 'universe'], 'compute');
  expect(placementDifferences(board)).toEqual([
    'services.trading: both compute and state have it; on one of them its mode must be remote',
    'services.portfolio: no board has it: compute leaves it to state, which leaves it to compute',
  ]);
});
