/**
 * The same installation on one board and on two, in every split of the examples, and with a
 * function for each operation or for each service.
 */
import { serviceNames } from '#shared/contract/names.ts';
import { openBoards, type Board, type Split } from '../support/deployment/board-processes.ts';
import { runEndToEnd, type Outcome } from '../support/deployment/end-to-end.ts';
import { startTestRedis, type TestRedis } from '../support/dependencies.ts';
import { buildProgram, type Program } from './program.ts';
import { withinOneDay } from '../support/one-day.ts';

let program: Program;
let redis: TestRedis;

beforeAll(async () => {
  program = buildProgram('splits');
  redis = await startTestRedis();
});
afterAll(async () => {
  await program.remove();
  await redis.stop();
});

// A small plan is searched as a large one is, and four times sooner.
const env = { PLAN_DEPTH: '2', PLAN_ORDERS_MAX: '4' };
const packed = { STACK_FILE: 'stack.packed.yml' };

const splits: Readonly<Record<string, Split>> = {
  'all local': { boards: [{ name: 'one', has: serviceNames }], protocol: 'http', env },
  'all remote': {
    boards: [
      { name: 'near', has: [] },
      { name: 'far', has: serviceNames },
    ],
    protocol: 'http',
    env,
  },
  'compute and state': {
    boards: [
      { name: 'compute', has: ['planning', 'scoring', 'optimization', 'gateway'] },
      { name: 'state', has: ['portfolio', 'trading', 'universe'] },
    ],
    protocol: 'grpc',
    env,
  },
  balanced: {
    boards: [
      { name: 'a', has: ['planning', 'optimization', 'gateway'] },
      { name: 'b', has: ['scoring', 'universe', 'portfolio', 'trading'] },
    ],
    protocol: 'http',
    env,
  },
  'all local, packed': {
    boards: [{ name: 'one', has: serviceNames, env: packed }],
    protocol: 'http',
    env,
  },
  'compute packed and state not': {
    boards: [
      { name: 'compute', has: ['planning', 'scoring', 'optimization', 'gateway'], env: packed },
      { name: 'state', has: ['portfolio', 'trading', 'universe'] },
    ],
    protocol: 'http',
    env,
  },
};

/** The first one of each day. */
const outcomes = new Map<string, Outcome>();

/** A board works the queues of its own services, and no others. */
function expectOwnRunsOnly(boards: readonly Board[], split: Split): void {
  for (const { has, name } of split.boards) {
    const log =
      boards
        .find((board) => board.name === name)
        ?.run()
        .stderr() ?? '';
    const started = [...log.matchAll(/"event":"run-started".*"operation":"([a-z]+)-/g)];
    const services = new Set(started.map(([, service = '']) => service));
    expect(has).toEqual(expect.arrayContaining([...services]));
    if (has.includes('gateway')) expect(services).toContain('gateway');
  }
}

test.each(Object.keys(splits))('a client sees the same installation with %s', (name) =>
  withinOneDay(async (day) => {
    const split = splits[name] as Split;
    const prefix = `splits-${Object.keys(splits).indexOf(name)}-${day}`;
    const { boards, close } = await openBoards(program, split, { url: redis.url, prefix });
    try {
      await Promise.all(boards.map((board) => board.ready()));
      const [asked] = boards;
      const outcome = await runEndToEnd(asked.clients());
      if (!outcomes.has(day)) outcomes.set(day, outcome);
      expect(outcome).toEqual(outcomes.get(day));
      expectOwnRunsOnly(boards, split);
    } catch (thrown) {
      const said = boards.map((board) => `${board.name}: ${board.run().stderr().slice(-4_000)}`);
      throw new Error(said.join('\n'), { cause: thrown });
    } finally {
      await close();
    }
  }),
);
