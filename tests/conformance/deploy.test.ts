/**
 * Rows 131–137 and 140: what building and deploying rely on, without faas-cli; `tests/faas-cli` has
 * the same with it.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse, parseDocument, visit, isScalar, type Scalar } from 'yaml';
import { regexOf, servicesOf, requestedFunctions } from '../../scripts/deploy/board-functions.ts';
import { readStackFile } from '#gateway/runtime/deployments/stack-file.ts';
import { operations, operationsOf } from '#shared/contract/catalogue.ts';
import { serviceNames } from '#shared/contract/names.ts';
import { assemble, readStack } from '../support/deployment/shrinkwrap.ts';
import { openRig } from './rig.ts';
import { row } from './row-test.ts';

const STACKS = ['stack.yml', 'stack.packed.yml'];
const DOCKERFILE = 'template/node-typescript/Dockerfile';
const DNS_LABEL = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;

/** `*` alone has a meaning, as in faas-cli; without one it is the name itself. */
function globbed(names: readonly string[], glob: string): string[] {
  const parts = glob.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return names.filter((name) => new RegExp(`^${parts.join('.*')}$`).test(name));
}

row(131, async () => {
  const counts: number[] = [];
  for (const file of STACKS) {
    const raw = parse(await readFile(file, 'utf8')) as {
      readonly version: unknown;
      readonly provider: { readonly name: string };
      readonly functions: Readonly<Record<string, { readonly image: string }>>;
    };
    expect([raw.version, raw.provider.name]).toEqual(['1.0', 'openfaas']);
    for (const name of Object.keys(raw.functions)) expect(name).toMatch(DNS_LABEL);
    const prefixes = [{}, { IMAGE_PREFIX: 'ghcr.io/me', IMAGE_TAG: '7' }];
    for (const env of prefixes)
      for (const { name, image } of await readStackFile(resolve(file), env)) {
        const prefix = env.IMAGE_PREFIX ?? 'arduino-trader';
        expect(image).toBe(`${prefix}/${name}:${env.IMAGE_TAG ?? 'latest'}`);
      }
    counts.push(Object.keys(raw.functions).length);
  }
  // And the page, in either.
  expect(counts).toEqual([operations.length + 1, serviceNames.length + 1]);
});

row(132, async () => {
  for (const file of STACKS) {
    const maps = ['environment', 'labels', 'annotations'];
    const values: Scalar[] = [];
    visit(parseDocument(await readFile(file, 'utf8')), {
      Pair(_key, { key, value }) {
        if (!isScalar(key) || !maps.includes(String(key.value))) return;
        visit(value as Scalar, (where, node) => {
          if (where === 'value' && isScalar(node)) values.push(node);
        });
      },
    });
    expect(values.length).toBeGreaterThan(3 * serviceNames.length);
    for (const { type, value } of values)
      expect([type, typeof value, value]).toEqual(['QUOTE_DOUBLE', 'string', value]);
  }
});

row(133, async () => {
  await mkdir('build', { recursive: true });
  // Inside the project, whose packages stand for those that the Dockerfile installs.
  const folder = await mkdtemp(resolve('build', 'contexts-'));
  try {
    for (const file of STACKS) {
      const { functions, configuration } = await readStack(file);
      for (const { handler } of Object.values(functions))
        for (const name of ['build', 'template'])
          expect(existsSync(join(handler, name))).toBe(false);
      const [name = '', spec] = Object.entries(functions).at(-1) ?? [];
      if (!spec) throw new Error(`${file} has no function`);
      const context = join(folder, file, name);
      await assemble({ ...spec, copy: configuration?.copy ?? [] }, context);
      expect(await readdir(context)).toEqual(expect.arrayContaining(['Dockerfile', 'function']));
      expect(await readdir(join(context, 'function'))).toEqual(
        expect.arrayContaining(['handler.ts', 'package.json', 'protos', 'shared']),
      );
      execFileSync(process.execPath, ['build.mjs'], { cwd: context, stdio: 'pipe' });
      expect((await stat(join(context, 'dist/index.js'))).size).toBeGreaterThan(10_000);
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

row(134, async () => {
  for (const file of STACKS) {
    const { functions, configuration } = parse(await readFile(file, 'utf8')) as {
      readonly functions: Readonly<Record<string, { readonly lang: string }>>;
      readonly configuration: { readonly templates: readonly object[] };
    };
    for (const { lang } of Object.values(functions))
      expect(existsSync(join('template', lang, 'template.yml'))).toBe(true);
    for (const template of configuration.templates) expect(template).not.toHaveProperty('source');
    for (const { envProcess } of await readStackFile(resolve(file), {}))
      expect(envProcess).toBe('node index.js');
  }
});

row(135, async () => {
  const instructions = (await readFile(DOCKERFILE, 'utf8'))
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const ships = instructions.findLastIndex((line) => line.startsWith('FROM '));
  expect(instructions[ships]).toBe(
    'FROM --platform=${TARGETPLATFORM:-linux/arm64} ${BASE_IMAGE} AS ship',
  );
  // Nothing runs in the image of the board, and what is copied into it is JavaScript.
  const shipped = instructions.slice(ships + 1).filter((line) => /^(RUN|ADD|COPY)/.test(line));
  expect(shipped).toEqual(['COPY --from=build /home/app/dist/ ./']);
  expect(instructions[0]).toBe('ARG BASE_IMAGE=node:26-bookworm-slim');
  expect(instructions[1]).toMatch(/^FROM --platform=\$\{BUILDPLATFORM:-linux\/arm64\} /);
});

row(136, async () => {
  const namesIn = async (file: string): Promise<string[]> =>
    (await readStackFile(resolve(file), {})).map(({ name }) => name);
  const [each, packed] = [await namesIn('stack.yml'), await namesIn('stack.packed.yml')];
  for (const service of serviceNames) {
    const own = operationsOf(service).map(({ name }) => name);
    expect(globbed(each, `${service}-*`)).toEqual(own);
    expect(globbed(packed, service)).toEqual([service]);
    for (const board of ['compute', 'state']) {
      const services = servicesOf(`deploy/boards/compute-state/${board}`);
      for (const [file, names] of [
        ['stack.yml', each] as const,
        ['stack.packed.yml', packed] as const,
      ])
        expect(names.filter((name) => new RegExp(regexOf(services)).test(name))).toEqual(
          requestedFunctions(file, services, {}).map(({ name }) => name),
        );
    }
  }
  expect(globbed(each, 'gateway*')).toHaveLength(operationsOf('gateway').length);
  expect(globbed(each, 'no-such-*')).toEqual([]);
});

row(137, async () => {
  const rig = await openRig({ fixtures: [] });
  try {
    const images = {
      one: 'me/echo:1',
      broken: 'me/no-such:1',
      two: 'me/status:1',
      three: 'me/echo:2',
    };
    const failed: string[] = [];
    for (const [service, image] of Object.entries(images)) {
      // As faas-cli does it: PUT, and POST where there is none; 200 or 202, and on with the next.
      const call = (method: string) =>
        rig.call(method, '/system/functions', { auth: true, body: { service, image } });
      const updated = await call('PUT');
      expect(updated.status).toBe(404);
      const created = await call('POST');
      const text = await created.text();
      if (![200, 202].includes(created.status))
        failed.push(`${service}: ${created.status} ${text}`);
    }
    expect(failed).toEqual([expect.stringMatching(/^broken: 400 image: "me\/no-such:1" .*\n$/)]);
    const listed = await rig.call('GET', '/system/functions', { auth: true });
    const names = ((await listed.json()) as { name: string }[]).map(({ name }) => name);
    expect(names.sort()).toEqual(['one', 'three', 'two']);
  } finally {
    await rig.close();
  }
});

row(140, async () => {
  const rig = await openRig({ fixtures: ['status', 'sleep', 'stream'] });
  try {
    await rig.deploy('echo', { service: 'late', image: 'me/echo:1', envVars: { A: '1' } });
    await rig.deploy('status', { envVars: { A: '2' } });
    const body = { functionName: 'sleep' };
    await rig.call('DELETE', '/system/functions', { auth: true, body });
    await rig.restart();
    const listed = await rig.call('GET', '/system/functions', { auth: true });
    const functions = (await listed.json()) as { name: string; availableReplicas: number }[];
    expect(functions.map(({ name }) => name).sort()).toEqual(['late', 'status', 'stream']);
    for (const { name, availableReplicas } of functions) {
      expect([name, availableReplicas]).toEqual([name, 1]);
      const answer = await rig.call('POST', `/function/${name}`);
      await answer.arrayBuffer();
      expect([name, answer.status]).toEqual([name, 200]);
    }
    expect((await rig.call('POST', '/async-function/late')).status).toBe(202);
  } finally {
    await rig.close();
  }
});
