/**
 * Executes a Dockerfile without a container: each stage is a folder, RUN runs in it, and results
 * are cached by instructions and files, as Docker's layers are. An unknown instruction fails the
 * build, so that no test ignores one.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmod,
  cp,
  link,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
} from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';

export interface Image {
  /** Stands for `/`. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly command: readonly string[];
  readonly healthcheck: string;
  readonly ports: readonly string[];
  /** The instructions that made the image's own files, in order. */
  readonly layers: readonly string[];
}

interface Stage extends Image {
  readonly args: Readonly<Record<string, string>>;
  /** Names what was done so far. */
  readonly key: string;
  /** Holds files that no other build has: nobody will ask for this layer again. */
  readonly isOwn: boolean;
}

type Step = (stage: Stage, rest: string, build: Build) => Promise<Stage> | Stage;

interface Build {
  readonly context: string;
  readonly args: Readonly<Record<string, string>>;
  readonly stages: Map<string, Stage>;
  readonly layer: (stage: Stage, key: string, work: Work) => Promise<Stage>;
}

type Work = (root: string) => Promise<void>;

export class DockerfileBuilder {
  private readonly folder: string;
  private readonly made = new Map<string, Promise<string>>();

  /** @param folder an empty one, outside of the project, so that no package is found by accident */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** @throws Error with the output of a RUN that failed */
  async build(context: string, args: Readonly<Record<string, string>> = {}): Promise<Image> {
    const text = await readFile(join(context, 'Dockerfile'), 'utf8');
    const layer: Build['layer'] = (stage, key, work) => this.layer(stage, key, work);
    const build: Build = { context: resolve(context), args, stages: new Map(), layer };
    let stage: Stage | undefined;
    for (const { word, rest } of instructionsOf(text)) {
      if (word === 'FROM') {
        stage = await this.begin(rest, build);
        continue;
      }
      // Before the first stage it only names the base image, which is not there.
      if (word === 'ARG' && !stage) continue;
      const step = steps[word];
      if (!step || !stage) throw new Error(`the Dockerfile has an unknown instruction: ${word}`);
      stage = await step(stage, rest, build);
      build.stages.set([...build.stages.keys()].at(-1) ?? '', stage);
    }
    if (!stage) throw new Error('the Dockerfile has no stage');
    return stage;
  }

  private async begin(rest: string, { stages }: Build): Promise<Stage> {
    const [, image = '', name = String(stages.size)] =
      /^(?:--platform=\S+ +)?(\S+)(?: +AS +(\S+))?$/i.exec(rest) ?? [];
    const root = await this.empty('stage-');
    const settings = { workdir: '/', env: {}, args: {}, user: 'root', command: [] };
    const stage = {
      ...settings,
      root,
      healthcheck: '',
      ports: [],
      layers: [],
      key: image,
      isOwn: false,
    };
    stages.set(name, stage);
    return stage;
  }

  private async layer(stage: Stage, key: string, work: Work): Promise<Stage> {
    if (stage.isOwn) {
      await work(stage.root);
      return { ...stage, key };
    }
    const known = this.made.get(key);
    const making = known ?? this.make(stage.root, work);
    if (!known) this.made.set(key, making);
    return { ...stage, key, root: await making };
  }

  /** A folder that every user of the container may read. */
  private async empty(prefix: string): Promise<string> {
    const root = await mkdtemp(join(this.folder, prefix));
    await chmod(root, 0o755);
    return root;
  }

  private async make(below: string, work: Work): Promise<string> {
    const root = await this.empty('layer-');
    await spread(below, root);
    await work(root);
    return root;
  }
}

function instructionsOf(text: string): { word: string; rest: string }[] {
  return text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [, word = '', rest = ''] = /^(\w+)\s+(.*)$/.exec(line) ?? [];
      return { word: word.toUpperCase(), rest };
    });
}

const steps: Readonly<Record<string, Step>> = {
  ARG: (stage, rest, { args }) => {
    const [name = '', otherwise = ''] = pairOf(rest);
    return { ...stage, args: { ...stage.args, [name]: args[name] ?? otherwise } };
  },
  ENV: (stage, rest) => {
    const [name = '', value = ''] = pairOf(rest);
    return { ...stage, env: { ...stage.env, [name]: value } };
  },
  WORKDIR: async (stage, rest, { layer }) => {
    const made = await layer(stage, keyOf(stage, rest), async (root) => {
      await mkdir(join(root, rest), { recursive: true });
    });
    return { ...made, workdir: rest };
  },
  USER: (stage, rest) => ({ ...stage, user: rest }),
  EXPOSE: (stage, rest) => ({ ...stage, ports: rest.split(/\s+/) }),
  HEALTHCHECK: (stage, rest) => ({ ...stage, healthcheck: rest }),
  CMD: (stage, rest) => ({ ...stage, command: JSON.parse(rest) as string[] }),
  RUN: async (stage, rest, { layer }) => {
    const key = keyOf(stage, `RUN ${rest}`);
    const ran = await layer(stage, key, (root) => run(rest, join(root, stage.workdir), stage));
    return { ...ran, layers: [...stage.layers, `RUN ${rest}`] };
  },
  COPY: async (stage, rest, { context, stages, layer }) => {
    const { from, sources, to } = copyOf(rest);
    const base = from === undefined ? context : stages.get(from)?.root;
    if (base === undefined) throw new Error(`COPY --from=${from}: no such stage`);
    const ignored = from === undefined ? await ignoredIn(context) : () => false;
    const found = (await Promise.all(sources.map((source) => matching(base, source)))).flat();
    const key = keyOf(stage, `COPY ${rest} ${await contentOf(found)}`);
    const copied = await layer(stage, key, async (root) => {
      const target = resolve(join(root, stage.workdir), `.${to.startsWith('/') ? to : `/${to}`}`);
      await mkdir(target, { recursive: true });
      for (const path of found)
        if ((await lstat(path)).isDirectory()) await spread(path, target, ignored);
        else await put(path, join(target, basename(path)));
    });
    const isOwn = from === undefined && found.includes(join(base, '.'));
    return { ...copied, isOwn, layers: [...stage.layers, `COPY ${rest}`] };
  },
};

function pairOf(rest: string): string[] {
  const [, name = '', value = ''] = /^(\w+)(?:=(.*))?$/.exec(rest) ?? [];
  return [name, value.replaceAll('"', '')];
}

function copyOf(rest: string): { from: string | undefined; sources: string[]; to: string } {
  const words = rest.split(/\s+/);
  const from = words[0]?.startsWith('--from=') ? words.shift()?.slice('--from='.length) : undefined;
  const to = words.pop() ?? '';
  return { from, sources: words, to };
}

function keyOf({ key, workdir, env, args }: Stage, done: string): string {
  return createHash('sha256')
    .update(JSON.stringify([key, workdir, env, args, done]))
    .digest('hex');
}

/** Files by what they hold; a folder by its name, as only one build has it. */
async function contentOf(paths: readonly string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const path of paths) {
    const isFolder = (await lstat(path)).isDirectory();
    hash.update(basename(path)).update(isFolder ? path : await readFile(path));
  }
  return hash.digest('hex');
}

/** A `*` matches within a file's name; a name that ends in one may match nothing. */
async function matching(base: string, source: string): Promise<string[]> {
  if (!source.includes('*')) return [join(base, source)];
  const folder = join(base, dirname(source));
  const parts = basename(source).split('*').map(escaped);
  const pattern = new RegExp(`^${parts.join('[^/]*')}$`);
  const names = await readdir(folder);
  return names.filter((name) => pattern.test(name)).map((name) => join(folder, name));
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

// Knows `name` (at the top) and `**/name` (anywhere); that is what our file says.
async function ignoredIn(context: string): Promise<(path: string) => boolean> {
  const text = await readFile(join(context, '.dockerignore'), 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const unknown = lines.find((line) => !/^(\*\*\/)?[\w.-]+$/.test(line));
  if (unknown !== undefined) throw new Error(`.dockerignore has an unknown pattern: ${unknown}`);
  return (path) => {
    const segments = path.split('/');
    return lines.some((line) =>
      line.startsWith('**/') ? segments.includes(line.slice(3)) : segments[0] === line,
    );
  };
}

/** Copies a tree by links: files are never changed in place, and packages are many. */
async function spread(
  from: string,
  to: string,
  ignored: (path: string) => boolean = () => false,
  below = '',
): Promise<void> {
  for (const entry of await readdir(join(from, below), { withFileTypes: true })) {
    const path = join(below, entry.name);
    if (ignored(path)) continue;
    const [source, target] = [join(from, path), join(to, path)];
    if (entry.isDirectory() && entry.name === 'node_modules') await symlink(source, target);
    else if (entry.isDirectory()) {
      await mkdir(target, { recursive: true });
      await spread(from, to, ignored, path);
    } else if (entry.isSymbolicLink()) await cp(source, target, { verbatimSymlinks: true });
    else await put(source, target);
  }
}

/** In place of what is there, never into it: a layer below may have the same file. */
async function put(source: string, target: string): Promise<void> {
  await rm(target, { force: true });
  await link(source, target).catch(() => cp(source, target));
}

async function run(command: string, cwd: string, { env, args }: Stage): Promise<void> {
  const child = spawn('sh', ['-ec', command], {
    cwd,
    env: { ...outside(), ...args, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const pipe of [child.stdout, child.stderr])
    pipe.on('data', (text: Buffer) => void (output += text.toString()));
  const code = await new Promise((end) => child.once('close', end));
  if (code !== 0) throw new Error(`RUN ${command}\nended with ${String(code)}:\n${output}`);
}

/** What the machine gives every program; a registry or proxy that it sets counts here too. */
function outside(): Record<string, string | undefined> {
  const passed = Object.entries(process.env).filter(([name]) =>
    /^(PATH|HOME|npm_config_(registry|cafile|.*proxy)|.*_proxy)$/i.test(name),
  );
  // The project's own install has fetched the same packages.
  return { ...Object.fromEntries(passed), NPM_CONFIG_PREFER_OFFLINE: 'true' };
}
