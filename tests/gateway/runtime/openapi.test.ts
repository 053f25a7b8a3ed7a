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
  for (const { name, effect, credential } of operations) {
    const { post } = description.paths[`/function/${name}`] ?? {};
    expect([name, post?.security]).toEqual([name, securityOf(effect, credential)]);
  }
  for (const [, target = ''] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g))
    expect(description.components.schemas).toHaveProperty([target]);
});

function securityOf(effect: string, credential: 'request' | undefined): object[] {
  if (credential === 'request') return [{}];
  return effect === 'reads' ? [{}, { token: [] }] : [{ token: [] }];
}

it('says of each request what is needed, and what a number may be', () => {
  const body = (name: string): unknown => {
    const post = description.paths[`/function/${name}`]?.['post'] as
      | { requestBody: { content: Record<string, { schema: unknown }>; required?: boolean } }
      | undefined;
    return {
      required: post?.requestBody.required,
      ...post?.requestBody.content['application/json'],
    };
  };
  expect(body('planning-get-plan')).toMatchObject({
    required: true,
    schema: { required: ['planId'], additionalProperties: false },
  });
  expect(body('planning-list-plans')).toMatchObject({
    required: undefined,
    schema: {
      properties: { limit: { anyOf: [{ type: 'integer', minimum: 0, maximum: 1000 }, {}, {}] } },
    },
  });
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
