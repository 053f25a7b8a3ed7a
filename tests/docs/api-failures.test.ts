/** The description of the API says of each operation how it fails, and what its request must hold to beyond its schema. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '#shared/contract/catalogue.ts';
import { failuresOf } from '#shared/contract/operation-failures.ts';
import { requestRules } from '#shared/contract/request-rules.ts';
import { failureTable } from '#shared/kernel/failure.ts';

interface Post {
  readonly responses: Readonly<Record<string, { readonly $ref?: string }>>;
  readonly requestBody: {
    readonly content: Readonly<Record<string, { readonly example: unknown }>>;
  };
}

const description = JSON.parse(
  readFileSync('gateway/runtime/system-api/gateway.openapi', 'utf8'),
) as {
  paths: Record<string, { post: Post }>;
  components: { responses: Record<string, { description: string }> };
};

const responsesOf = (name: string) => description.paths[`/function/${name}`]?.post.responses ?? {};

it.each(operations.map((operation) => [operation.name, operation] as const))(
  '%s lists each code with its status and meaning',
  (name, operation) => {
    for (const code of failuresOf(operation)) {
      const { http, means } = failureTable[code];
      const reference = responsesOf(name)[String(http)]?.$ref?.split('/').at(-1) ?? '';
      const said = description.components.responses[reference]?.description;
      expect([code, said]).toEqual([code, expect.stringContaining(`${code}: ${means}.`)]);
    }
  },
);

it('has the codes that the handlers say they throw', () => {
  for (const operation of operations) {
    const text = readFileSync(join(operation.folder, 'handler.ts'), 'utf8');
    const [, thrown = ''] = /@throws Failure ([\s\S]*?)\*\//.exec(text) ?? [];
    const codes = Object.keys(failureTable).filter((code) =>
      new RegExp(`\\b${code}\\b`).test(thrown),
    );
    const missing = codes.filter((code) => !failuresOf(operation).some((one) => one === code));
    expect([operation.name, missing]).toEqual([operation.name, []]);
  }
});

it('states rules of operations that there are, of fields that they have', () => {
  for (const [name, rules] of Object.entries(requestRules)) {
    const operation = operations.find((one) => one.name === name);
    const shape = (operation?.request as { shape?: object } | undefined)?.shape ?? {};
    const known = [...Object.keys(shape), ...(nestedFields[name] ?? [])];
    for (const field of Object.keys(rules))
      expect([name, field, known]).toEqual([name, field, expect.arrayContaining([rootOf(field)])]);
  }
});

/** The fields of an action are named without it. */
const nestedFields: Readonly<Record<string, readonly string[]>> = {
  'universe-record-corporate-action': ['newIsin', 'payDay', 'newShares'],
};

function rootOf(field: string): string {
  return field.split(/[.[]/)[0] ?? '';
}

it.each(operations.map((operation) => [operation.name, operation] as const))(
  'the example of %s is a request that it takes',
  (name, operation) => {
    const { requestBody } = description.paths[`/function/${name}`]?.post ?? {};
    const { example } = requestBody?.content['application/json'] ?? {};
    const read = operation.request.safeParse(example);
    expect([name, read.success, read.error?.issues]).toEqual([name, true, undefined]);
  },
);
