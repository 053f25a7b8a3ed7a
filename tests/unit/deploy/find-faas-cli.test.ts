/** Which faas-cli is used, and what is said where there is none. */
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findOrInstallFaasCli, findFaasCli } from '../../../scripts/deploy/find-faas-cli.ts';

let home: string;
let own: string;
let env: { PATH: string; FAAS_CLI?: string };

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'trader-finder-'));
  own = join(home, 'own');
  await mkdir(join(home, 'path'));
  env = { PATH: `${join(home, 'path')}` };
});
afterEach(() => rm(home, { recursive: true, force: true }));

async function program(path: string, script = 'exit 0'): Promise<string> {
  const file = join(home, path);
  await mkdir(join(file, '..'), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** A Go whose install does this. */
const go = (install: string) =>
  program('path/go', `if [ "$1" = env ]; then echo; echo ${home}/gopath; exit; fi\n${install}`);

test('the one that is named comes first, then the path, then where Go puts it', async () => {
  await go('exit 1');
  expect(findFaasCli(env, own)).toEqual({ missing: 'no faas-cli is installed' });
  const installed = await program('own/faas-cli');
  expect(findFaasCli(env, own)).toEqual({ program: installed });
  const gopath = await program('gopath/bin/faas-cli');
  expect(findFaasCli(env, own)).toEqual({ program: gopath });
  await program('path/faas-cli');
  expect(findFaasCli(env, own)).toEqual({ program: 'faas-cli' });
  const named = await program('named');
  expect(findFaasCli({ ...env, FAAS_CLI: named }, own)).toEqual({ program: named });
});

test('one that is named and does not run is an error, not a reason to skip', () => {
  expect(() => findFaasCli({ ...env, FAAS_CLI: '/no/such' }, own)).toThrow(
    'FAAS_CLI: /no/such cannot be run',
  );
});

test('Go installs it into a folder of this project', async () => {
  await go('printf "#!/bin/sh\\nexit 0\\n" >"$GOBIN/faas-cli"; /bin/chmod 755 "$GOBIN/faas-cli"');
  expect(findOrInstallFaasCli(env, false, own)).toEqual({ program: join(own, 'faas-cli') });
});

test('where Go cannot, its first line is reported, and it is not asked again within the hour', async () => {
  const name = 'github.com/openfaas/faas-cli@latest';
  await go(`echo "go: ${name}: 403 Forbidden" >&2; echo more >&2; exit 1`);
  const missing = `no faas-cli is installed, and go install ${name} failed: 403 Forbidden`;
  expect(findOrInstallFaasCli(env, false, own)).toEqual({ missing });
  await go('exit 1');
  expect(findOrInstallFaasCli(env, false, own)).toEqual({ missing });
  expect(findOrInstallFaasCli(env, true, own)).not.toEqual({ missing });
  await go(`echo "go: ${name}: 404" >&2; exit 1`);
  const now = Date.now();
  // Also where the clock was set back since, and where a former version left its file.
  for (const text of [`${now - 7_200_000} old`, `${now + 7_200_000} old`, 'old']) {
    await writeFile(join(own, 'faas-cli.failed'), text);
    expect(findOrInstallFaasCli(env, false, own)).toEqual({
      missing: missing.replace('403 Forbidden', '404'),
    });
  }
});

test('without Go it says so', () => {
  expect(findOrInstallFaasCli(env, false, own)).toEqual({
    missing: 'no faas-cli is installed, and there is no Go to install it with',
  });
});
