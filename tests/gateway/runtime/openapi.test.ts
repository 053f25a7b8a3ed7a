/** The served OpenAPI description is complete. */
import { readFileSync } from 'node:fs';
import { operations } from '#shared/contract/catalogue.ts';
import { openFixtures } from './fixtures.ts';

const text = readFileSync('gateway/runtime/system-api/gateway.openapi', 'utf8');
const description = JSON.parse(text) as {
  openapi: string;
  paths: Record<string, Record<string, { operationId?: string; security?: object[] }>>;
  components: { schemas: Record<string, { properties?: Record<string, object> }> };
};

it('has every operation, and no reference without a target', () => {
  expect(description.openapi).toBe('3.1.0');
  for (const { name, effect } of operations) {
    const { post } = description.paths[`/function/${name}`] ?? {};
    expect([name, post?.security]).toEqual([
      name,
      effect === 'reads' ? [{}, { token: [] }] : [{ token: [] }],
    ]);
  }
  for (const [, target = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    expect(description.components.schemas).toHaveProperty([target]);
});

it('names each operation once', () => {
  const ids = Object.values(description.paths).flatMap((path) =>
    Object.values(path).flatMap(({ operationId }) => operationId ?? []),
  );
  expect(new Set(ids).size).toBe(ids.length);
});

it('writes amounts as messages and large numbers as text, as the functions answer them', () => {
  const { schemas } = description.components;
  expect(schemas['arduino_trader.gateway.SystemMetrics']?.properties).toMatchObject({
    uptimeSeconds: { type: 'string' },
    cpuUsagePct: { type: 'number' },
    totalPortfolioValue: { $ref: '#/components/schemas/arduino_trader.common.Money' },
  });
});

it('is served without credentials', async () => {
  const runtime = await openFixtures({}, { metricsPort: 0 });
  try {
    const answer = await fetch(`http://127.0.0.1:${runtime.port}/openapi.json`);
    expect([answer.status, answer.headers.get('content-type')]).toEqual([
      200,
      expect.stringContaining('application/json'),
    ]);
    expect(await answer.json()).toEqual(description);
  } finally {
    await runtime.close(100);
  }
});
