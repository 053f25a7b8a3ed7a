import exportLedger from '../../../functions/portfolio/export-ledger/handler.ts';
import verifyLedger from '../../../functions/portfolio/verify-ledger/handler.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { integerBelow, seededRandom } from '#shared/kernel/random.ts';
import { keys } from '#shared/redis/keys.ts';
import { startTestRedis, type TestRedis } from '../../support/dependencies.ts';
import type { PaperFixture } from '../../support/brokers/paper-fixture.ts';
import { ALPHA } from '../../support/markets/set-market.ts';
import { ask, buy, openAccount, sync } from './portfolio-fixture.ts';

let redis: TestRedis;
let on: PaperFixture;
beforeAll(async () => {
  redis = await startTestRedis();
});
afterAll(() => redis.stop());
beforeEach(async () => {
  on = await openAccount(redis);
  await buy(on, ALPHA, 'ALPHA', 5);
  await sync(on);
});
afterEach(() => on.dependencies.close());

const ledgerKey = keys.portfolio.ledger(DEFAULT_ACCOUNT);

describe('VerifyLedger', () => {
  it('finds a ledger in order, and the same head each time', async () => {
    const [first, second] = [await ask(verifyLedger, on), await ask(verifyLedger, on)];
    expect(first.body).toMatchObject({ correct: true, linesBeforeChain: 0, findings: [] });
    expect(first.body.headHash).toMatch(/^[0-9a-f]{64}$/);
    expect(second.body.headHash).toBe(first.body.headHash);
  });

  it('names the line that was changed in Redis', async () => {
    const { redis: plain } = on.dependencies.database;
    const line = (await plain.lindex(ledgerKey, 1)) ?? '';
    await plain.lset(ledgerKey, 1, line.replace('"quantity":"', '"quantity":"1'));
    const { body } = await ask(verifyLedger, on);
    expect(body).toMatchObject({ correct: false, findings: [{ check: 'chain', sequence: 2 }] });
    const exported = await ask(exportLedger, on);
    expect(exported.body).toMatchObject({ code: 'DATA_CORRUPT' });
    expect(exported.body.message).toMatch(/line 2/);
  });

  it('says how the broker differs, and not with withoutBroker', async () => {
    const { body: before } = await ask(verifyLedger, on);
    expect(before.correct).toBe(true);
    const gone = { name: on.broker.name, statement: statementWithout(on) };
    const dependencies = { ...on.dependencies, broker: gone as never };
    const { body } = await ask(verifyLedger, { ...on, dependencies });
    expect(body.correct).toBe(false);
    expect(body.findings).toEqual([
      {
        check: 'statement',
        sequence: 0,
        lineId: '',
        message: `the broker holds 5 of ${ALPHA} less`,
      },
    ]);
    const without = await ask(verifyLedger, { ...on, dependencies }, { withoutBroker: true });
    expect(without.body.correct).toBe(true);
  });

  it('refuses an account that is not there', async () => {
    const { status, body } = await ask(verifyLedger, on, { accountId: 'nobody' });
    expect({ status, field: body.field }).toEqual({ status: 404, field: 'accountId' });
  });
});

describe('ExportLedger', () => {
  it('writes each format, csv where none is named, and refuses others by field', async () => {
    const texts = await Promise.all(
      ['', 'csv', 'beancount', 'hledger'].map((format) => ask(exportLedger, on, { format })),
    );
    expect(texts.map(({ body }) => body.fileName)).toEqual([
      'ledger-default.csv',
      'ledger-default.csv',
      'ledger-default.beancount',
      'ledger-default.journal',
    ]);
    expect(texts[2]?.body.content).toContain('open Assets:Cash EUR');
    const wrong = await ask(exportLedger, on, { format: 'xls' });
    expect({ status: wrong.status, field: wrong.body.field }).toEqual({
      status: 400,
      field: 'format',
    });
  });
});

function statementWithout({ broker }: PaperFixture) {
  return async (...asked: Parameters<typeof broker.statement>) => ({
    ...(await broker.statement(...asked)),
    holdings: [],
  });
}

describe('a byte of what is stored', () => {
  const random = seededRandom('a byte of what is stored');
  const flipped = (text: string): string => {
    const at = integerBelow(random, text.length);
    const other = String.fromCharCode(text.charCodeAt(at) ^ (1 << integerBelow(random, 4)));
    return `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
  };
  const found = async () => {
    const { status, body } = await ask(verifyLedger, on);
    expect({ status, correct: body.correct }).toEqual({ status: 200, correct: false });
    return (body.findings as { check: string; lineId: string }[])[0];
  };

  it('of the book is found, whichever it is', async () => {
    const { redis: plain } = on.dependencies.database;
    const key = keys.portfolio.book(DEFAULT_ACCOUNT);
    const text = (await plain.hget(key, 'json')) ?? '';
    for (let n = 0; n < 60; n += 1) {
      const changed = flipped(text);
      await plain.hset(key, 'json', changed);
      expect([changed, (await found())?.check]).not.toEqual([changed, undefined]);
    }
    await plain.hset(key, 'json', text);
    expect((await ask(verifyLedger, on)).body).toMatchObject({ correct: true });
  });

  it('of each line is found, and the first line named', async () => {
    const { redis: plain } = on.dependencies.database;
    const lines = await plain.lrange(ledgerKey, 0, -1);
    for (const [index, line] of lines.entries())
      for (let n = 0; n < 8; n += 1) {
        await plain.lset(ledgerKey, index, flipped(line));
        expect(await found()).toMatchObject({ check: 'chain', sequence: index + 1 });
        await plain.lset(ledgerKey, index, line);
      }
  });

  it('of a recorded value is found, with its day', async () => {
    const { redis: plain } = on.dependencies.database;
    const key = keys.portfolio.valuations(DEFAULT_ACCOUNT);
    const [[day = '', text = ''] = []] = Object.entries(await plain.hgetall(key));
    for (let n = 0; n < 30; n += 1) {
      await plain.hset(key, day, flipped(text));
      expect(await found()).toMatchObject({ check: 'valuation', lineId: day });
    }
  });

  it('of a movement in the broker’s own record is found, with the line that is booked for it', async () => {
    const statement = async (...asked: Parameters<typeof on.broker.statement>) => {
      const stated = await on.broker.statement(...asked);
      const [first, ...others] = stated.flows;
      const flows = first ? [{ ...first, amount: first.amount.add(first.amount) }, ...others] : [];
      return { ...stated, flows };
    };
    const broker = Object.assign(Object.create(on.broker) as typeof on.broker, { statement });
    const changed = { ...on, dependencies: { ...on.dependencies, broker } };
    const { body } = await ask(verifyLedger, changed);
    expect(body.findings).toMatchObject([{ check: 'statement', sequence: 1 }]);
  });
});
