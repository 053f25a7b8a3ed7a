/**
 * The image of connector and facade, built from its Dockerfile and run as on a board, beside a packed
 * function in its own container: a client calls the facade, and a queued operation goes through the connector.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { UniverseServiceClient } from '#protos/gen/universe.ts';
import { describeNeeding, testNeeding } from '../support/needing.ts';
import {
  ImageWorkshop,
  noEmulation,
  noImages,
  saysOf,
  type Platform,
  type RunningImage,
} from '../support/deployment/oci.ts';
import { assemble, readStack } from '../support/deployment/shrinkwrap.ts';
import { metadataOf, plain, unary } from '../support/endpoints/grpc.ts';
import { startTcpRedis, type TcpRedis } from '../support/tcp-redis.ts';

const SECRETS = ['read-token', 'write-token', 'trade-token', 'basic-auth-password'];

describeNeeding(noImages(), 'the image of connector and facade', () => {
  let folder: string;
  let secrets: string;
  let workshop: ImageWorkshop;
  let redis: TcpRedis;
  let gateway: Server;
  let gatewayUrl: string;
  let functionPort = 0;
  const running: RunningImage[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oci-services-'));
    await chmod(folder, 0o755);
    secrets = join(folder, 'secrets');
    await mkdir(secrets);
    for (const name of SECRETS) await writeFile(join(secrets, name), `${name.repeat(4)}\n`);
    await writeFile(join(secrets, 'basic-auth-user'), 'admin\n');
    redis = await startTcpRedis();
    workshop = await ImageWorkshop.open(folder);
    gateway = createServer(relay).listen(0, '127.0.0.1');
    await once(gateway, 'listening');
    gatewayUrl = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
    await buildUniverse();
    await buildServices('services', 'linux/amd64');
  }, 600_000);
  afterAll(async () => {
    for (const one of running) await one.stop();
    gateway?.closeAllConnections();
    gateway?.close();
    await workshop.close();
    await redis.stop();
  });

  /** What a gateway of OpenFaaS does here: it lists one function, and passes calls on to its container. */
  const relay = (request: IncomingMessage, response: ServerResponse) => {
    const { url = '', method, headers } = request;
    if (url.startsWith('/system/functions')) return void response.end(JSON.stringify(deployed));
    const path = /^\/function\/universe(\/.*)?$/.exec(url);
    if (!path) return void response.writeHead(404).end();
    const options = {
      host: '127.0.0.1',
      port: functionPort,
      path: path[1] ?? '/',
      method,
      headers,
    };
    const onward = httpRequest(options, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.writeHead(502).end());
    request.pipe(onward);
  };
  let deployed: unknown[] = [];

  async function buildUniverse(): Promise<void> {
    const { functions, configuration } = await readStack('stack.packed.yml');
    const spec = functions['universe'] as (typeof functions)[string] & { annotations?: object };
    deployed = [{ name: 'universe', annotations: spec.annotations, replicas: 1, envVars: {} }];
    const context = join(folder, 'contexts', 'universe');
    await assemble({ ...spec, copy: configuration?.copy ?? [] }, context);
    await workshop.build(context, 'universe');
  }

  /** From what git has, as from a fresh clone. */
  async function buildServices(name: string, platform: Platform): Promise<void> {
    const context = join(folder, 'contexts', 'services');
    const files = execFileSync('git', ['ls-files', '-z'], { encoding: 'utf8' }).split('\0');
    const needed = files.filter((file) => file !== '' && !/^(tests|docs|bench)\//.test(file));
    for (const made of new Set(needed.map((file) => dirname(join(context, file)))))
      await mkdir(made, { recursive: true });
    for (const file of needed) await cp(file, join(context, file));
    const dockerfile = 'deploy/services/Dockerfile';
    await workshop.build(context, name, { dockerfile, platform });
  }

  async function start(
    image: string,
    ready: RegExp,
    env: object,
    command?: readonly string[],
    platform: Platform = 'linux/amd64',
  ) {
    const data = await mkdtemp(join(folder, 'data-'));
    await chmod(data, 0o777);
    const container = await workshop.start({
      ...{ image, platform },
      ...(command && { command }),
      env: {
        REDIS_URL: redis.url,
        GATEWAY_URL: gatewayUrl,
        SECRETS_DIR: '/run/trader',
        secret_mount_path: '/run/trader',
        DATA_DIR: '/data',
        ...env,
      },
      mounts: { [secrets]: '/run/trader' },
      writable: { [data]: '/data' },
    });
    running.push(container);
    return saysOf(container, ready);
  }

  async function startFacade(image: string, platform?: Platform): Promise<UniverseServiceClient> {
    const facade = ['node', 'dist/gateway/facade/main.js'];
    const ports = { GRPC_PORT_BASE: '0' };
    const [line] = await start(image, /.*"ports":\{.*/, ports, facade, platform);
    const facts = JSON.parse(line) as { ports: Readonly<Record<string, number>> };
    return new UniverseServiceClient(`127.0.0.1:${facts.ports['universe']}`, plain);
  }

  it('serves a gRPC client, and a queued operation, in containers without rights', async () => {
    const settings = await workshop.settings('services');
    expect(settings.User).toBe('1000:1000');
    const serving = /"event":"serving","port":(\d+)/;
    const own = { port: '0', metrics_port: '0' };
    functionPort = Number((await start('universe', serving, own))[1]);
    const connector = ['node', 'dist/gateway/connector/main.js'];
    await start('services', /"event":"connector-ready"/, {}, connector);
    const client = await startFacade('services');
    const token = { authorization: `Bearer ${'write-token'.repeat(4)}` };
    const synced = await syncedBy(client, token);
    expect(synced).toMatchObject({ complete: true });
    await expectUniverse(client);
  });

  testNeeding(
    noEmulation(),
    'serves a gRPC client for arm64, under emulation',
    async () => {
      await workshop.addArm64();
      await buildServices('services-arm64', 'linux/arm64');
      expect(await workshop.architecture('services-arm64')).toBe('arm64');
      await expectUniverse(await startFacade('services-arm64', 'linux/arm64'));
    },
    300_000,
  );

  it('says what it is, and which packages are in it', async () => {
    const { Labels } = await workshop.settings('services');
    expect(Labels).toMatchObject({
      'org.opencontainers.image.licenses': 'MIT',
      'org.opencontainers.image.version': '0.1.0',
    });
    const read =
      'console.log(require("node:fs").readFileSync("sbom.cdx.json", "utf8").replaceAll(/\\s+/g, " "))';
    const [text] = await start('services', /\{ "\$schema.*"CycloneDX".*\} ?\n/, {}, [
      'node',
      '-e',
      read,
    ]);
    const { components } = JSON.parse(text) as { components: { name: string }[] };
    const names = components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['bullmq', 'ioredis']));
    expect(names).not.toContain('jest');
    await running.pop()?.stop();
  });

  it('stops in order', async () => {
    for (const one of running.splice(0).reverse()) expect(await one.stop()).toBe(0);
  });
});

async function expectUniverse(client: UniverseServiceClient): Promise<void> {
  const all = { tradableOnly: false, sector: '', exchange: '', limit: 3, offset: 0 };
  const { response } = await unary(client, client.getUniverse, all);
  expect(response).toMatchObject({ total: 40 });
  client.close();
}

async function syncedBy(
  client: UniverseServiceClient,
  headers: Readonly<Record<string, string>>,
): Promise<unknown> {
  let last: unknown;
  const stream = client.syncPrices({ isins: [], forceRefresh: false }, metadataOf(headers));
  for await (const message of stream) last = message;
  return last;
}
