import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { allLocal, type Placement } from '#shared/placement/placement.ts';
import { claimServices, contradictions } from '#shared/runtime/idempotency/board-claims.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

let redis: TestRedis;
let dependencies: Dependencies;
beforeAll(async () => {
  redis = await startTestRedis();
  dependencies = await openTestDependencies(redis);
});
afterAll(async () => {
  await dependencies.close();
  await redis.stop();
});

/** A board with some services, which takes the other ones to be on another board. */
function board(device: string, has: readonly ServiceName[], other: string): Placement {
  const places = serviceNames.map((service) => [
    service,
    has.includes(service)
      ? { mode: 'local', service }
      : { mode: 'remote', service, device: { name: other } },
  ]);
  return { ...allLocal, device, places: Object.fromEntries(places) as Placement['places'] };
}

const state: ServiceName[] = ['portfolio', 'trading', 'universe'];
const compute = serviceNames.filter((service) => !state.includes(service));

const claim = (device: string, has: readonly ServiceName[], other: string) => ({
  board: device,
  has: [...has],
  elsewhere: Object.fromEntries(
    serviceNames.filter((service) => !has.includes(service)).map((service) => [service, other]),
  ),
});

it('finds nothing wrong where each service is on one board', () => {
  expect(contradictions(claim('a', state, 'b'), [claim('b', compute, 'a')])).toEqual([]);
});

it('names a service that two boards have', () => {
  const found = contradictions(claim('a', state, 'b'), [claim('b', [...compute, 'trading'], 'a')]);
  expect(found).toEqual([
    { field: 'services.trading', message: expect.stringMatching(/^both a and b have it/) },
  ]);
});

it('names a service that each board assigns to the other', () => {
  const found = contradictions(claim('a', ['portfolio', 'universe'], 'b'), [
    claim('b', compute, 'a'),
  ]);
  expect(found).toEqual([
    {
      field: 'services.trading',
      message: 'no board has it: a leaves it to b, which leaves it to a',
    },
  ]);
});

it('refuses a board whose claim contradicts a running one, and releases its own', async () => {
  const { database } = dependencies;
  const first = await claimServices(database, board('a', state, 'b'), 's.yaml');
  const both = board('b', [...compute, 'trading'], 'a');
  await expect(claimServices(database, both, 's.yaml')).rejects.toMatchObject({
    code: 'INVALID_REQUEST',
    facts: { field: 's.yaml: services.trading' },
  });
  const second = await claimServices(database, board('b', compute, 'a'), 's.yaml');
  await first.release();
  await second.release();
  // With the other one stopped in order, a service moves at once.
  const moved = await claimServices(database, both, 's.yaml');
  await moved.release();
});
