/**
 * A replay as a queued run: progress, the same report as from files, refusals by field, and an end when it is
 * cancelled.
 */
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import supertest from 'supertest';
import type { GetReplayResponse, ReplayUpdate } from '#protos/gen/gateway.ts';
import { cancelled } from '#shared/clients/functions-client.ts';
import { gateway } from '#shared/contract/gateway.ts';
import { dayOf } from '#shared/kernel/calendar-day.ts';
import { DAY_MS, type Instant } from '#shared/kernel/instant.ts';
import { normal, seededRandom } from '#shared/kernel/random.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import getReplay from '../../../functions/gateway/get-replay/handler.ts';
import runReplay from '../../../functions/gateway/run-replay/handler.ts';
import { endpointOf, inProcess } from '../../support/host.ts';
import {
  openTestDependencies,
  startTestRedis,
  type TestRedis,
} from '../../support/dependencies.ts';

const FIRST_MS = Date.UTC(2021, 0, 4);
const SECURITIES = `isin,symbol,name,currency,exchange,sector,country,lot
US0378331005,AAA,Aaa,EUR,XETR,,DE,1
US5949181045,BBB,Bbb,EUR,XETR,,DE,1
`;
const TERMS = 'splits: declared\nsettings: { WEIGHT_MAX_RATIO: 1, MAXIMUM_ORDER_RATIO: 1 }';
const days = { from: '2021-02-01', to: '2021-05-31' };
const equal = {
  name: 'a.yaml',
  document: `name: halves\nweights: equal\nschedule: week\n${TERMS}`,
};
const calm = {
  name: 'b.yaml',
  document: `weights: { inverseVolatility: { window: 10 } }\n${TERMS}`,
};

let redis: TestRedis;
let folder: string;
let runs = 0;

beforeAll(async () => {
  redis = await startTestRedis();
  folder = await mkdtemp(join(tmpdir(), 'run-replay-'));
  const random = seededRandom('run-replay');
  const prices = [40, 80];
  const rows = Array.from({ length: 160 }, (_, i) => {
    prices.forEach((price, k) => (prices[k] = price * (1 + 0.01 * normal(random))));
    const day = dayOf((FIRST_MS + i * DAY_MS) as Instant);
    return [day, ...prices.map((price) => price.toFixed(2))].join(',');
  });
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'prices.csv'), `${['Date,AAA,BBB', ...rows].join('\n')}\n`);
  await writeFile(join(folder, 'securities.csv'), SECURITIES);
});
afterAll(async () => {
  await redis.stop();
  await rm(folder, { recursive: true, force: true });
});

async function withDependencies(
  dataDir: string,
  work: (dependencies: Dependencies) => Promise<void>,
): Promise<void> {
  const host = inProcess();
  const settings = { DATA_DIR: dataDir, MARKET_DATA: `csv:${folder}` };
  const dependencies = await openTestDependencies(redis, settings, {
    transport: host.transport,
  });
  host.into(dependencies);
  try {
    await work(dependencies);
  } finally {
    await dependencies.close();
  }
}

function posted(dependencies: Dependencies, body: object) {
  return supertest(endpointOf(runReplay, dependencies))
    .post('/')
    .set('x-run-id', `run-${(runs += 1)}`)
    .send(body);
}

async function lastReplay(dependencies: Dependencies, form: string): Promise<GetReplayResponse> {
  const answer = await supertest(endpointOf(getReplay, dependencies)).post('/').send({ form });
  expect(answer.status).toBe(200);
  return answer.body as GetReplayResponse;
}

describe('gateway-run-replay', () => {
  it('streams its progress and keeps the report, in Redis where there is no DATA_DIR', async () => {
    await withDependencies(join(folder, 'nowhere'), async (dependencies) => {
      expect(await lastReplay(dependencies, 'text')).toMatchObject({ found: false, content: '' });
      const answer = await posted(dependencies, { ...days, policies: [equal, calm] })
        .set('accept', 'application/x-ndjson')
        .buffer(true)
        .parse((response, done) => {
          let text = '';
          response.on('data', (piece: Buffer) => (text += piece.toString()));
          response.on('end', () => done(null, text));
        });
      const lines = (answer.body as string).trim().split('\n');
      const updates = lines.map((line) => JSON.parse(line) as ReplayUpdate);
      const percents = updates.map(({ progressPct }) => progressPct);
      expect(percents).toEqual([...percents].sort((a, b) => a - b));
      expect(new Set(updates.map(({ policy }) => policy))).toEqual(
        new Set(['', 'halves', 'b.yaml', 'buy and hold', 'equal weights monthly']),
      );
      expect(updates.at(-1)).toMatchObject({ complete: true, progressPct: 100 });
      expect(updates.filter(({ complete }) => complete)).toHaveLength(1);
      const [text, html] = [
        await lastReplay(dependencies, ''),
        await lastReplay(dependencies, 'html'),
      ];
      expect(text.content).toContain('halves');
      expect(html.content).toContain('Choosing the best of 2 policies is a trial in itself');
      const json = await lastReplay(dependencies, 'json');
      const { policies } = JSON.parse(json.content) as {
        readonly policies: readonly { readonly confidence: { readonly trials: number } }[];
      };
      expect(policies.map(({ confidence }) => confidence.trials)).toEqual([2, 2]);
    });
  });

  it('has the same report where it is repeated, and keeps it in DATA_DIR where that is a folder', async () => {
    const dataDir = join(folder, 'data');
    await withDependencies(dataDir, async (dependencies) => {
      const reports: string[] = [];
      for (let i = 0; i < 2; i += 1) {
        expect((await posted(dependencies, { ...days, policies: [equal] })).status).toBe(200);
        reports.push(await readFile(join(dataDir, 'last-replay.json'), 'utf8'));
      }
      expect(reports[1]).toBe(reports[0]);
      expect((await lastReplay(dependencies, 'json')).content).toBe(reports[0]);
      const trials = await readFile(join(dataDir, 'replay-trials.jsonl'), 'utf8');
      expect(trials.trim().split('\n')).toHaveLength(1);
    });
  });

  it.each([
    [{ from: '2021-05-31', to: '2021-02-01', policies: [equal] }, 'to'],
    [{ ...days, policies: [] }, 'policies'],
    [{ ...days, policies: [equal, { ...equal, name: 'again' }] }, 'policies'],
    [
      { ...days, policies: [equal, { name: 'b', document: 'weights: hope' }] },
      /^policies\[1\]\.document/,
    ],
    [{ ...days, policies: [{ name: 'b', document: '' }] }, 'policies[0].document'],
    [{ to: days.to, policies: [equal] }, 'from'],
  ])('refuses %j by its field', async (body, field) => {
    await withDependencies('', async (dependencies) => {
      const answer = await posted(dependencies, body);
      expect(answer.status).toBe(400);
      const refusal = answer.body as { readonly code: string; readonly field: string };
      expect(refusal).toEqual(
        expect.objectContaining({
          code: 'INVALID_REQUEST',
          field: typeof field === 'string' ? field : expect.stringMatching(field),
        }),
      );
    });
  });

  it('refuses days and securities that the data does not have', async () => {
    await withDependencies('', async (dependencies) => {
      const early = { from: '1999-01-04', to: '1999-12-31', policies: [equal] };
      expect((await posted(dependencies, early)).body).toMatchObject({ code: 'REFUSED' });
      const unknown = { name: 'c', document: `weights: equal\nsecurities: [NONE]\n${TERMS}` };
      const answer = await posted(dependencies, { ...days, policies: [unknown] });
      expect(answer.body).toMatchObject({
        code: 'REFUSED',
        message: 'The data has no prices of NONE.',
      });
    });
  });

  it('ends on the day that it is at when it is cancelled, and keeps nothing', async () => {
    const dataDir = join(folder, 'cancelled');
    await mkdir(dataDir);
    await withDependencies(dataDir, async (dependencies) => {
      const cancel = new AbortController();
      const updates = dependencies.functions.stream(
        gateway.runReplay,
        { ...days, policies: [equal] },
        { signal: cancel.signal, requestId: 'cancelled' },
      );
      const seen: string[] = [];
      const follow = async (): Promise<void> => {
        for await (const { day } of updates) {
          seen.push(day);
          if (seen.length === 3) cancel.abort(cancelled());
        }
      };
      await expect(follow()).rejects.toMatchObject({ code: 'CANCELLED' });
      expect(seen.length).toBeLessThan(10);
      expect(await lastReplay(dependencies, 'text')).toMatchObject({ found: false });
    });
  });
});
