/**
 * Packed functions are built from the Dockerfile and run as they would on a board: as user 1000, with a
 * root that cannot be written, no capabilities and a memory limit. Each is really called.
 */
import { chmod, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from '#shared/contract/catalogue.ts';
import { describeNeeding, testNeeding } from '../support/needing.ts';
import {
  ImageWorkshop,
  noEmulation,
  noImages,
  saysOf,
  type Platform,
} from '../support/deployment/oci.ts';
import { assemble, readStack } from '../support/deployment/shrinkwrap.ts';
import { startTcpRedis, type TcpRedis } from '../support/tcp-redis.ts';

const TOKENS = ['read-token', 'write-token', 'trade-token'];

describeNeeding(noImages(), 'images', () => {
  let folder: string;
  let secrets: string;
  let workshop: ImageWorkshop;
  let redis: TcpRedis;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oci-'));
    await chmod(folder, 0o755);
    secrets = join(folder, 'secrets');
    await mkdir(secrets);
    for (const name of TOKENS) await writeFile(join(secrets, name), `${name.repeat(4)}\n`);
    redis = await startTcpRedis();
    workshop = await ImageWorkshop.open(folder);
  });
  afterAll(async () => {
    await workshop.close();
    await redis.stop();
  });

  async function buildFunction(
    stackFile: string,
    name: string,
    platform: Platform = 'linux/amd64',
  ): Promise<void> {
    const { functions, configuration } = await readStack(stackFile);
    const spec = functions[name];
    if (!spec) throw new Error(`${stackFile} has no ${name}`);
    const context = join(folder, 'contexts', name);
    await assemble({ ...spec, copy: configuration?.copy ?? [] }, context);
    await workshop.build(context, name, { platform });
  }

  /** Health, readiness and a call that Redis has to answer. */
  async function serve(name: string, path: string, platform: Platform = 'linux/amd64') {
    expect((await workshop.settings(name)).User).toBe('1000:1000');
    const running = await workshop.start({
      ...{ image: name, platform },
      env: { port: '0', metrics_port: '0', REDIS_URL: redis.url },
      mounts: { [secrets]: '/var/openfaas/secrets' },
    });
    let code: number | null = null;
    try {
      const [, port = ''] = await saysOf(running, /"event":"serving","port":(\d+)/);
      const url = `http://127.0.0.1:${port}`;
      expect(running.memoryBytesMax()).toBe(String(256 * 1024 * 1024));
      expect((await fetch(`${url}/_/health`)).status).toBe(200);
      expect((await fetch(`${url}${path === '/' ? '' : path}/_/ready`)).status).toBe(200);
      const answer = await fetch(`${url}${path}`, { method: 'POST', body: '{}' });
      expect(answer.headers.get('content-type')).toContain('json');
      // Its own answer or refusal: never a bug, never without its Redis or its secrets.
      expect([200, 400, 401, 404, 409, 422]).toContain(answer.status);
    } finally {
      code = await running.stop();
    }
    expect([code, running.log()]).toEqual([0, expect.stringContaining('"event":"stopped"')]);
  }

  test.each(['universe', 'portfolio', 'scoring', 'optimization', 'planning', 'trading', 'gateway'])(
    'the packed function %s',
    async (service) => {
      await buildFunction('stack.packed.yml', service);
      const first = operations.find((one) => one.service === service);
      await serve(service, `/${first?.name.slice(service.length + 1)}`);
    },
    180_000,
  );

  // The steps of the Dockerfile are the same for all 38: function-images.test.ts carries them
  // out for each.
  test('a function of one operation', async () => {
    await buildFunction('stack.yml', 'planning-get-plan');
    await serve('planning-get-plan', '/');
  }, 180_000);

  testNeeding(
    noEmulation(),
    'a packed function for arm64, under emulation',
    async () => {
      await workshop.addArm64();
      await buildFunction('stack.packed.yml', 'planning', 'linux/arm64');
      expect(await workshop.architecture('planning')).toBe('arm64');
      await serve('planning', '/get-plan', 'linux/arm64');
    },
    300_000,
  );
});
