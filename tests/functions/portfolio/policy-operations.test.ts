/** The investment policy: read and changed by operations, the command and a file, without a restart. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server } from 'node:http';
import type { GetPolicyResponse, UpdatePolicyResponse } from '#protos/gen/portfolio.ts';
import getPolicy from '../../../functions/portfolio/get-policy/handler.ts';
import getSummary from '../../../functions/portfolio/get-summary/handler.ts';
import getCashBalance from '../../../functions/portfolio/get-cash-balance/handler.ts';
import listPolicyVersions from '../../../functions/portfolio/list-policy-versions/handler.ts';
import updatePositions from '../../../functions/portfolio/update-positions/handler.ts';
import updatePolicy from '../../../functions/portfolio/update-policy/handler.ts';
import searchSecurities from '../../../functions/universe/search-securities/handler.ts';
import validateTrade from '../../../functions/trading/validate-trade/handler.ts';
import { openTradingFixture, type TradingFixture } from '../../support/brokers/trading-fixture.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import { gatewayOf } from '../../support/endpoints/test-gateway.ts';
import { listen } from '../../support/host.ts';
import { bareEnvironment } from '../../support/bare-environment.ts';

const DAY_MS = 86_400_000;
const TRADER = join(__dirname, '../../../cli/trader.mjs');

let redis: TestRedis;
let folder: string;
let t: TradingFixture;

beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'trader-policy-'));
  t = await openTradingFixture(redis, { DATA_DIR: folder });
});
afterEach(async () => {
  await t.dependencies.close();
  await rm(folder, { recursive: true, force: true });
});

let calls = 0;
const update = (body: object, key = `policy-${(calls += 1)}`) => t.call(updatePolicy, body, key);
const inForce = async (body: object = {}) =>
  (await t.call(getPolicy, body)).body as GetPolicyResponse;
const limitsNow = async () =>
  (JSON.parse((await inForce()).effectiveJson) as { limits: { sectorMaxRatio: number } }).limits;
const sectors = (ratio: number) => `# mine\nlimits: { sectorMaxRatio: ${ratio} }\n`;
const validated = async (symbol: string, side: string) => {
  const order = { isin: t.isin(symbol), side, quantity: 1 };
  const { body } = await t.call(validateTrade, order);
  return (body.errors as { code: string }[]).map(({ code }) => code);
};

describe('without a stored policy', () => {
  it('the settings are in force, as version 0', async () => {
    const { policy, effectiveJson, defaultsJson } = await inForce();
    expect(policy).toMatchObject({ version: 0, document: '', source: '' });
    expect(effectiveJson).toBe(defaultsJson);
    expect(JSON.parse(effectiveJson)).toMatchObject({ cash: { reserveRatio: 0.02 } });
  });
});

describe('UpdatePolicy', () => {
  it('stores the document as it was written, and answers what changes', async () => {
    const { body } = await update({ document: sectors(0.3), note: 'less' });
    expect(body as UpdatePolicyResponse).toMatchObject({
      ...{ success: true, version: 1 },
      changes: [{ field: 'limits.sectorMaxRatio', before: '0.4', after: '0.3' }],
    });
    expect((await inForce()).policy).toMatchObject({
      ...{ version: 1, document: sectors(0.3), source: 'operation', note: 'less' },
    });
  });

  it('keeps every version, newest first', async () => {
    for (const [expectedVersion, ratio] of [0.1, 0.2, 0.3].entries())
      await update({ document: sectors(ratio), expectedVersion });
    const { body } = await t.call(listPolicyVersions, { limit: 2 });
    expect([body.total, body.versions.map((one: { version: number }) => one.version)]).toEqual([
      3,
      [3, 2],
    ]);
    const { body: rest } = await t.call(listPolicyVersions, { limit: 2, offset: 2 });
    expect(rest.versions).toMatchObject([{ version: 1, document: sectors(0.1) }]);
    expect((await inForce({ version: 2 })).policy).toMatchObject({ document: sectors(0.2) });
    const { status, body: none } = await t.call(getPolicy, { version: 4 });
    expect([status, none.code]).toEqual([404, 'NOT_FOUND']);
  });

  it('refuses a change that was decided on another version, and repeats one by its key', async () => {
    const first = await update({ document: sectors(0.1) }, 'same');
    const again = await update({ document: sectors(0.1) }, 'same');
    expect(again.body).toEqual(first.body);
    const { status, body } = await update({ document: sectors(0.2) });
    expect([status, body.code, body.rule, body.version]).toEqual([
      422,
      'REFUSED',
      'policy-changed',
      1,
    ]);
    expect(await limitsNow()).toMatchObject({ sectorMaxRatio: 0.1 });
  });

  it('stores one of two concurrent changes', async () => {
    const answers = await Promise.all(
      [0.1, 0.2].map((ratio) => update({ document: sectors(ratio) })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 422]);
    expect((await t.call(listPolicyVersions, {})).body.total).toBe(1);
  });

  it('answers the same in a dry run, and stores nothing', async () => {
    await t.call(updatePositions, { forceSync: true });
    const document = 'cash: { reserveAmount: 30000 }\nlimits: { sectors: { Tecnology: 0.1 } }';
    const { body } = await update({ document, dryRun: true });
    expect(body).toMatchObject({
      version: 0,
      breaches: [{ field: 'cash.reserveAmount', allowed: 1.2 }],
      warnings: ['No security of the universe has the sector Tecnology.'],
    });
    expect((await inForce()).policy).toMatchObject({ version: 0 });
    const { body: stored } = await update({ document });
    expect({ ...stored, version: 0, message: '' }).toEqual({ ...body, message: '' });
  });

  it('names every wrong value by its path', async () => {
    const { status, body } = await update({ document: 'limits: { sectorMaxRatio: 2 }\nodd: 1' });
    expect(status).toBe(400);
    expect(body.violations.map((one: { field: string }) => one.field)).toEqual([
      'document.limits.sectorMaxRatio',
      'document.odd',
    ]);
  });

  it('is of one account', async () => {
    const { status, body } = await update({ accountId: 'nobody', document: '' });
    expect([status, body.field]).toEqual([404, 'accountId']);
  });
});

describe('a policy is effective at once', () => {
  it('in the portfolio hash, the cash that is free, and the checks of an order', async () => {
    const hash = async () => (await t.call(getSummary, {})).body.portfolioHash as string;
    const before = await hash();
    expect(await validated('ARVN', 'BUY')).toEqual([]);
    const document = `frozen: [${t.isin('ARVN')}]\nsellOnly: [${t.isin('ALDR')}]\ncash: { reserveAmount: 7000 }`;
    await update({ document });
    expect(await hash()).not.toBe(before);
    const { body } = await t.call(getCashBalance, {});
    expect(body.minimumReserve).toEqual({ amount: '7000.00', currency: 'EUR' });
    expect(await validated('ARVN', 'BUY')).toEqual(['policy-frozen']);
    expect(await validated('ARVN', 'SELL')).toContain('policy-frozen');
    expect(await validated('ALDR', 'BUY')).toEqual(['policy-sell-only']);
    expect(await validated('ALDR', 'SELL')).not.toContain('policy-sell-only');
  });
});

describe('a restriction until a day', () => {
  it('holds through that day, then ends by itself, and is warned of', async () => {
    const isin = t.isin('ARVN');
    const hash = async () => (await t.call(getSummary, {})).body.portfolioHash as string;
    const document = `excluded: [${isin}]\nrestrictedUntil: { ${isin}: 2025-06-12 }\n`;
    const { body } = await update({ document });
    expect(body.changes).toEqual([
      { field: 'excluded', before: '[]', after: `["${isin}"]` },
      { field: `restrictedUntil.${isin}`, before: '', after: '"2025-06-12"' },
    ]);
    const during = await hash();
    t.clock.advance(DAY_MS);
    expect(await validated('ARVN', 'BUY')).toContain('policy-sell-only');
    const { body: check } = await t.call(validateTrade, { isin, side: 'BUY', quantity: 1 });
    expect(JSON.stringify(check.errors)).toContain(`excluded until 2025-06-12`);
    expect(await hash()).toBe(during);
    expect((await inForce()).warnings).toEqual([]);
    t.clock.advance(DAY_MS);
    expect(await validated('ARVN', 'BUY')).not.toContain('policy-sell-only');
    // A plan that was made under it is stale.
    expect(await hash()).not.toBe(during);
    const after = await inForce();
    expect(JSON.parse(after.effectiveJson)).toMatchObject({ excluded: [], restrictedUntil: {} });
    expect(after.policy).toMatchObject({ version: 1, document });
    expect(after.warnings).toEqual([
      `The restriction of ${isin} ended with 2025-06-12; it can be taken out.`,
    ]);
  });
});

describe('the policy file', () => {
  const write = (text: string) => writeFile(join(folder, 'policy.yaml'), text);

  it('becomes a version when its text changes, and not again', async () => {
    await write(sectors(0.25));
    expect(await limitsNow()).toMatchObject({ sectorMaxRatio: 0.25 });
    expect((await inForce()).policy).toMatchObject({ version: 1, source: 'file' });
    await update({ document: sectors(0.5), expectedVersion: 1 });
    expect(await limitsNow()).toMatchObject({ sectorMaxRatio: 0.5 });
    await write(sectors(0.26));
    expect((await inForce()).policy).toMatchObject({ version: 3, document: sectors(0.26) });
  });

  it('that is wrong leaves the last version shown, and lets nothing be bought', async () => {
    await write(sectors(0.25));
    expect(await validated('ARVN', 'BUY')).toEqual([]);
    await write('limits: { sectorMaxRatio: 25 }');
    const answer = await inForce();
    expect(answer.fileError).toMatch(/policy\.limits\.sectorMaxRatio: a fraction from 0 to 1/);
    expect(answer.policy).toMatchObject({ version: 1 });
    expect(await validated('ARVN', 'BUY')).toEqual(['policy-file']);
    await write(sectors(0.2));
    expect(await validated('ARVN', 'BUY')).toEqual([]);
  });
});

describe('trader policy', () => {
  let server: Server;
  let url: string;

  beforeEach(async () => {
    const functions = {
      'portfolio-get-policy': getPolicy,
      'portfolio-update-policy': updatePolicy,
      'portfolio-list-policy-versions': listPolicyVersions,
      'universe-search-securities': searchSecurities,
    };
    ({ server, url } = await listen(gatewayOf(functions, () => t.dependencies)));
    await writeFile(join(folder, 'read-token'), 'r'.repeat(16));
    await writeFile(join(folder, 'write-token'), 'w'.repeat(16));
    await writeFile(join(folder, 'trade-token'), 't'.repeat(16));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const trader = async (args: readonly string[], env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [TRADER, 'policy', ...args], {
      env: { ...bareEnvironment, GATEWAY_URL: url, SECRETS_DIR: folder, ...env },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (piece: Buffer) => (stdout += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (stderr += piece.toString()));
    const status = await new Promise((resolve) => child.once('close', resolve));
    return { status, stdout, stderr };
  };

  it('restricts one security, by its symbol, until a day', async () => {
    await update({ document: sectors(0.35) });
    const isin = t.isin('ARVN');
    const until = await trader(['restrict', 'arvn', 'frozen', '--until', '2027-03-31']);
    expect(until).toMatchObject({ status: 0, stderr: '' });
    expect(until.stdout).toContain(`restrictedUntil.${isin}: (not set) -> "2027-03-31"`);
    expect((await inForce()).policy?.document).toContain(sectors(0.35).trim());
    const wrong = await trader(['restrict', isin, 'frozen', '--until', 'easter']);
    expect(wrong).toMatchObject({ status: 2 });
    expect(wrong.stderr).toContain(`restrictedUntil.${isin}: a day`);
    expect(await trader(['restrict', 'ARVN', 'sold'])).toMatchObject({ status: 2 });
    expect((await trader(['restrict', isin, 'none'])).status).toBe(0);
    expect((await inForce()).policy?.document).toBe(sectors(0.35));
  });

  it('shows, sets, edits and lists', async () => {
    expect((await trader(['show'])).stdout).toContain('these are the settings');
    const file = join(folder, 'mine.yaml');
    await writeFile(file, sectors(0.3));
    const dry = await trader(['set', file, '--dry-run']);
    expect(dry).toMatchObject({ status: 0, stderr: '' });
    expect(dry.stdout).toContain('limits.sectorMaxRatio: 0.4 -> 0.3');
    expect(dry.stdout).toContain('Nothing is stored');
    expect((await trader(['set', file, '--note', 'first'])).status).toBe(0);
    const editor = { EDITOR: `sed -i s/0.3/0.35/` };
    expect((await trader(['edit'], editor)).stdout).toContain('limits.sectorMaxRatio: 0.3 -> 0.35');
    expect((await trader(['show', '--document'])).stdout).toBe(sectors(0.35));
    const { stdout } = await trader(['history', '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      total: 2,
      versions: [{ version: 2 }, { version: 1, note: 'first' }],
    });
  });

  it('writes the schema of the document', async () => {
    const { status, stdout } = await trader(['schema']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      type: 'object',
      properties: { excluded: { type: 'array', items: { type: 'string' } }, tax: {} },
    });
  });

  it('ends with 2 and the path of what is wrong', async () => {
    const file = join(folder, 'mine.yaml');
    await writeFile(file, 'limits: { sectorMaxRatio: 3 }');
    const { status, stderr } = await trader(['set', file]);
    expect([status, stderr]).toEqual([
      2,
      'trader: document.limits.sectorMaxRatio: a fraction from 0 to 1\n',
    ]);
  });
});
