/** The real faas-cli over this project's own files: what it reads, selects and assembles. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { parseStack, readStackFile } from '#gateway/runtime/deployments/stack-file.ts';
import { operationsOf } from '#shared/contract/catalogue.ts';
import { regexOf, servicesOf, requestedFunctions } from '../../scripts/deploy/board-functions.ts';
import { FaasCli, noFaasCli } from '../support/deployment/faas-cli.ts';
import { describeNeeding } from '../support/needing.ts';
import { readStack, shrinkwrap } from '../support/deployment/shrinkwrap.ts';

const STACKS = ['stack.yml', 'stack.packed.yml'];
const BOARDS = ['compute-state/compute', 'compute-state/state', 'balanced/a', 'balanced/b'];
const ROOT = resolve('.');

interface Generated {
  readonly kind: string;
  readonly spec: {
    readonly name: string;
    readonly image: string;
    readonly environment?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly secrets?: readonly string[];
  };
}

describeNeeding(noFaasCli, 'faas-cli and this project, without a network', () => {
  let cli: FaasCli;
  let folder: string;

  beforeAll(async () => {
    cli = await FaasCli.open();
    folder = await mkdtemp(join(tmpdir(), 'trader-project-'));
  });
  afterAll(async () => {
    await cli.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function generated(file: string, ...more: string[]): Promise<Generated[]> {
    const yaml = await cli.mustRun(['generate', '--yaml', file, ...more], { cwd: ROOT });
    return parseAllDocuments(yaml).flatMap((document) => {
      const one = document.toJS() as Generated | null;
      return one ? [one] : [];
    });
  }

  describe.each(STACKS)('%s', (file) => {
    test('generate reads every function as our own gateway does', async () => {
      const documents = await generated(file);
      const ours = await readStackFile(resolve(file), {});
      expect(documents.map(({ kind }) => kind)).toEqual(ours.map(() => 'Function'));
      for (const one of ours) {
        const { spec } = documents.find(({ spec: { name } }) => name === one.name) ?? {};
        expect(spec).toMatchObject({ image: one.image, environment: one.environment });
        expect(spec?.labels).toEqual(one.labels);
        expect(spec?.annotations ?? {}).toEqual(one.annotations);
        expect(spec?.secrets).toEqual(one.secrets);
      }
    });

    test('generate fills prefix and tag in', async () => {
      const env = { IMAGE_PREFIX: 'ghcr.io/me/trader', IMAGE_TAG: '7' };
      const out = await cli.mustRun(['generate', '--yaml', file], { cwd: ROOT, env });
      const images = [...out.matchAll(/^ {2}image: (.*)$/gm)].map(([, image]) => image);
      expect(images.every((image) => /^ghcr\.io\/me\/trader\/[a-z-]+:7$/.test(image ?? ''))).toBe(
        true,
      );
    });

    test.each(BOARDS)('--regex selects what belongs on board %s', async (board) => {
      const services = servicesOf(`deploy/boards/${board}`);
      const selected = await generated(file, '--regex', regexOf(services));
      const requested = requestedFunctions(file, services, {});
      expect(selected.map(({ spec }) => spec.name).sort()).toEqual(
        requested.map(({ name }) => name).sort(),
      );
    });

    test('build --shrinkwrap puts shared code where imports look for it', async () => {
      const { functions, configuration } = await readStack(file);
      const contexts = await shrinkwrap(cli.program, file, join(folder, file));
      const template = await readdir('template/node-typescript');
      expect((await readdir(contexts)).sort()).toEqual(Object.keys(functions).sort());
      for (const [name, { handler }] of Object.entries(functions)) {
        const context = join(contexts, name);
        expect(await readdir(context)).toEqual(
          expect.arrayContaining(template.filter((one) => one !== 'node_modules')),
        );
        for (const path of [...(configuration?.copy ?? []), ...(await readdir(handler))])
          expect([name, path, existsSync(join(context, 'function', path))]).toEqual([
            name,
            path,
            true,
          ]);
        expect(await readFile(join(context, 'function/handler.ts'), 'utf8')).toBe(
          await readFile(join(handler, 'handler.ts'), 'utf8'),
        );
      }
    });
  });

  test('--filter selects a service, or says that nothing fits', async () => {
    const selected = await generated('stack.yml', '--filter', 'planning-*');
    expect(selected.map(({ spec }) => spec.name).sort()).toEqual(
      operationsOf('planning')
        .map(({ name }) => name)
        .sort(),
    );
    const [packed, ...others] = await generated('stack.packed.yml', '--filter', 'planning');
    expect([packed?.spec.name, others]).toEqual(['planning', []]);
    const none = await cli.run(['generate', '-f', 'stack.yml', '--filter', 'x-*'], { cwd: ROOT });
    expect(none).toMatchObject({
      code: 1,
      out: expect.stringContaining('No functions matching') as unknown,
    });
  });

  test('new makes a typed function of the vendored template', async () => {
    await symlink(resolve('template'), join(cli.home, 'template'));
    expect(await cli.mustRun(['new', '--list'])).toContain('- node-typescript');
    const out = await cli.mustRun(['new', '--lang', 'node-typescript', 'hello']);
    expect(out).toContain('Function created in folder: hello');
    expect((await readdir(join(cli.home, 'hello'))).sort()).toEqual([
      'handler.test.ts',
      'handler.ts',
      'package.json',
      'tsconfig.json',
    ]);
    const more = ['new', '--lang', 'node-typescript', 'more', '--append', 'stack.yaml'];
    await cli.mustRun([...more, '--prefix', 'me']);
    const text = await readFile(join(cli.home, 'stack.yaml'), 'utf8');
    expect(parseStack(text)).toMatchObject([
      { name: 'hello', handler: 'hello', lang: 'node-typescript', image: 'hello:latest' },
      { name: 'more', handler: 'more', lang: 'node-typescript', image: 'me/more:latest' },
    ]);
    await cli.mustRun(['build', '--shrinkwrap', '--filter', 'hello']);
    expect(await readdir(join(cli.home, 'build/hello/function'))).toContain('handler.ts');
    const bad = await cli.run(['new', '--lang', 'node-typescript', 'Not_A_Name']);
    expect(bad.code).toBe(1);
  });

  test('nothing of this project needs the public template stores', async () => {
    for (const command of [
      ['template', 'store', 'list'],
      ['store', 'list'],
    ])
      expect((await cli.run(command)).code).toBe(1);
    await cli.mustRun(['build', '--shrinkwrap', '--filter', 'more']);
  });

  it('pulls the template from a repository of this layout, by its path', async () => {
    const [repository, project] = [join(folder, 'repository'), join(folder, 'project')];
    await cp('template', join(repository, 'template'), {
      recursive: true,
      filter: (source) => !source.includes('node_modules'),
    });
    await mkdir(project);
    const git = (...parameters: string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.invalid', ...parameters], {
        cwd: repository,
      });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-qm', 'template');
    await cli.mustRun(['template', 'pull', repository], { cwd: project });
    await cli.mustRun(['new', '--lang', 'node-typescript', 'hello'], { cwd: project });
    expect(await readdir(join(project, 'hello'))).toContain('handler.ts');
  });
});
