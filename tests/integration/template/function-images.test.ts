/**
 * Every function of the stack files, as it is deployed: its build context is assembled, the steps of
 * the template's Dockerfile are carried out on it, and what comes out is started and asked.
 */
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { startContainer } from '../../support/deployment/container-process.ts';
import { DockerfileBuilder, type Image } from '../../support/deployment/dockerfile.ts';
import { startTestRedis } from '../../support/dependencies.ts';
import { faasCliProgram as faasCli, noFaasCli } from '../../support/deployment/faas-cli.ts';
import { testNeeding } from '../../support/needing.ts';
import { assemble, readStack, shrinkwrap } from '../../support/deployment/shrinkwrap.ts';

const STACKS = ['stack.yml', 'stack.packed.yml'];
const TOKENS = ['read-token', 'write-token', 'trade-token'];

let folder: string;
let secrets: string;
let builder: DockerfileBuilder;
const images = new Map<string, Image>();

beforeAll(async () => {
  // Outside of the project, where no package is found by accident.
  folder = await mkdtemp(join(tmpdir(), 'images-'));
  secrets = join(folder, 'secrets');
  await mkdir(secrets);
  for (const name of TOKENS) await writeFile(join(secrets, name), `${name.repeat(4)}\n`);
  builder = new DockerfileBuilder(folder);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Some seventy images, on a machine that may do other things beside. */
const BUILDS_MS_MAX = 1_500_000;

/** Folders of build contexts, by function. */
async function contextsOf(stackFile: string): Promise<Map<string, string>> {
  const { functions, configuration } = await readStack(stackFile);
  const names = Object.keys(functions);
  const into = join(folder, stackFile);
  if (faasCli !== undefined) {
    const contexts = await shrinkwrap(faasCli, stackFile, into);
    return new Map(names.map((name) => [name, join(contexts, name)]));
  }
  for (const [name, spec] of Object.entries(functions))
    await assemble({ ...spec, copy: configuration?.copy ?? [] }, join(into, name));
  return new Map(names.map((name) => [name, join(into, name)]));
}

/** Two at a time, as the machine that builds them has two hands. */
async function inPairs<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const hand = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all([hand(), hand()]);
}

/** What a function says of itself and to a call, with no Redis to be found. */
async function ask(image: Image): Promise<unknown> {
  const container = await startContainer(image, {
    REDIS_URL: 'redis://127.0.0.1:1',
    secret_mount_path: secrets,
  });
  try {
    const health = await request(container.url).get('/_/health');
    const call = await request(container.url).post('/').send({});
    const { code } = call.body as { code?: string };
    return { health: health.status, json: call.type, answers: call.status < 500 ? 'yes' : code };
  } finally {
    await container.stop();
  }
}

it.each(STACKS)(
  'builds and serves every function of %s',
  async (stackFile) => {
    const contexts = await contextsOf(stackFile);
    const said: Record<string, unknown> = {};
    const layers = new Set<string>();
    await inPairs([...contexts], async ([name, context]) => {
      const image = await builder.build(context);
      images.set(name, image);
      layers.add(JSON.stringify(image.layers));
      said[name] = await ask(image).catch((thrown: unknown) => String(thrown));
    });
    const served = (answers: string) => ({ health: 200, json: 'application/json', answers });
    // The page is no operation: it answers text for people where it has no state to read.
    const page = { health: 200, json: 'text/plain', answers: undefined };
    for (const [name, answer] of Object.entries(said))
      expect([name, name === 'page' ? [page] : [served('yes'), served('UNAVAILABLE')]]).toEqual([
        name,
        expect.arrayContaining([answer]),
      ]);
    expect(Object.keys(said).sort()).toEqual([...contexts.keys()].sort());
    expect([...layers]).toEqual(['["COPY --from=build /home/app/dist/ ./"]']);
  },
  BUILDS_MS_MAX,
);

it('does its work in the image where there is a Redis', async () => {
  const image = images.get('scoring-get-score-history');
  if (!image) throw new Error('the image was not built');
  const redis = await startTestRedis();
  const env = { REDIS_URL: redis.url, secret_mount_path: secrets };
  const container = await startContainer(image, env);
  try {
    await request(container.url).get('/_/ready').expect(200);
    const unknown = await request(container.url).post('/').send({ isin: 'US0378331005' });
    expect([unknown.status, unknown.body.code]).toEqual([404, 'NOT_FOUND']);
    const wrong = await request(container.url).post('/').send({ isin: 'US0378331006' });
    expect([wrong.status, wrong.body.field]).toEqual([400, 'isin']);
  } finally {
    await container.stop();
    await redis.stop();
  }
});

testNeeding(noFaasCli, 'assembles contexts by hand as faas-cli does', async () => {
  const stackFile = 'stack.packed.yml';
  const { functions, configuration } = await readStack(stackFile);
  const [[name, spec] = ['', { lang: '', handler: '' }]] = Object.entries(functions);
  const theirs = join(await shrinkwrap(faasCli ?? '', stackFile, join(folder, 'theirs')), name);
  const ours = join(folder, 'ours');
  await assemble({ ...spec, copy: configuration?.copy ?? [] }, ours);
  expect(await treeOf(ours)).toEqual(await treeOf(theirs));
});

async function treeOf(root: string): Promise<Record<string, string>> {
  const paths = (await readdir(root, { recursive: true })).sort();
  const files: Record<string, string> = {};
  for (const path of paths)
    if ((await stat(join(root, path))).isFile())
      files[path] = await readFile(join(root, path), 'base64');
  return files;
}
