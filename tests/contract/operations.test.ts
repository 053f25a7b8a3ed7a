import { existsSync } from 'node:fs';
import type { z } from 'zod';
import { codecOf } from '#shared/contract/codecs.ts';
import { operations } from '#shared/contract/catalogue.ts';
import { handlerFolder, rpcName } from '#shared/contract/names.ts';
import { keyTable, keys } from '#shared/redis/keys.ts';
import { buildDescriptors } from '../support/endpoints/built-descriptors.ts';

const files = buildDescriptors().file;
const messages = new Map(
  files.flatMap((file) => file.messageType.map((type) => [`.${file.package}.${type.name}`, type])),
);
const methods = new Map<string, { inputType: string; serverStreaming: boolean }>(
  files.flatMap((file) =>
    file.service.flatMap((service) =>
      service.method.map((method) => [`${service.name}/${method.name}`, method] as const),
    ),
  ),
);

describe('the catalogue', () => {
  test('has a row for each rpc but the 7 health checks', () => {
    const named = operations.map((operation) => rpcName(operation.service, operation.rpc));
    const expected = [...methods.keys()].filter((name) => !name.endsWith('/HealthCheck'));
    expect(named.toSorted()).toEqual(expected.toSorted());
    expect(methods.size - expected.length).toBe(7);
  });

  test('names functions as DNS and faas-cli allow, each once', () => {
    const names = operations.map((operation) => operation.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/);
  });
});

describe.each(operations.map((operation) => [operation.name, operation] as const))(
  '%s',
  (_name, operation) => {
    const method = methods.get(rpcName(operation.service, operation.rpc));

    test('parses just the fields of its proto message', () => {
      const shape = (operation.request as z.ZodObject).shape;
      const fields = messages.get(method?.inputType ?? '')?.field.map((field) => field.jsonName);
      expect(Object.keys(shape).toSorted()).toEqual(fields?.toSorted());
    });

    test('streams when its rpc streams, and has a codec', async () => {
      expect(operation.streams).toBe(method?.serverStreaming);
      expect(await codecOf(operation)).toBeDefined();
    });

    test('has a handler in its folder', () => {
      expect(existsSync(`${handlerFolder(operation.service, operation.rpc)}/handler.ts`)).toBe(
        true,
      );
    });

    test('refuses an unknown field and names it', () => {
      const parsed = operation.request.safeParse({ surprise: 1 });
      expect(JSON.stringify(parsed.error?.issues)).toContain('surprise');
    });
  },
);

describe('the table of keys', () => {
  test('has a row for every builder, with its hash tag', () => {
    const builders = Object.values(keys).flatMap((group) => Object.values(group));
    expect(keyTable).toHaveLength(builders.length);
    for (const { example } of keyTable)
      expect(example).toMatch(/^\{[a-z-]+(:[^{}]+)?\}:[a-z:0-9-]+/);
  });
});
