/**
 * Holds a running installation against the description of its API: Schemathesis draws calls of every
 * operation from `/openapi.json`, and all its checks are on.
 *
 *   npm run api-check -- [--seed N] [--examples N] [--phases examples,coverage,fuzzing,stateful] [--only PART]
 *
 * `--only` takes the operations whose path has the part.
 *
 * The installation is one of its own: sample prices, paper broker, a fresh data folder, free ports.
 * `SCHEMATHESIS` names the program, otherwise build/schemathesis or the path has it. Exit 1 with a finding, 3
 * where there is no Schemathesis.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { requestRules } from '#shared/contract/request-rules.ts';

const CONFIG = resolve('scripts/api-check');
const INSTALLED = resolve('build/schemathesis/bin/schemathesis');
const START_MS_MAX = 180_000;
const NOT_INSTALLED = 3;
/** Of operations with rules that a schema cannot express. */
const RULED_STATUSES = ['2xx', '3xx', '400', '401', '403', '404', '409', '422', '429'];

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    examples: { type: 'string', default: '10' },
    only: { type: 'string' },
    phases: { type: 'string', default: 'examples,coverage,fuzzing,stateful' },
  },
});
const program = process.env['SCHEMATHESIS'] ?? (existsSync(INSTALLED) ? INSTALLED : 'schemathesis');
if (spawnSync(program, ['--version']).status !== 0) {
  console.error('Schemathesis is not installed: python3 -m venv build/schemathesis, then');
  console.error('build/schemathesis/bin/pip install schemathesis; or name it in SCHEMATHESIS.');
  process.exit(NOT_INSTALLED);
}
const folder = await mkdtemp(join(tmpdir(), 'trader-api-check-'));
const installation = startInstallation(join(folder, 'data'));
try {
  const url = await installation.ready;
  const config = await writeConfig(folder);
  console.error(`Schemathesis with seed ${values.seed} against ${url}`);
  process.exitCode = await run(program, config, url);
} finally {
  installation.child.kill('SIGTERM');
  await installation.ended;
  await rm(folder, { recursive: true, force: true });
}

function startInstallation(dataDir: string) {
  const ports = { GATEWAY_PORT: '0', GATEWAY_METRICS_PORT: '0', GRPC_PORT_BASE: '-1' };
  const child = spawn(process.execPath, ['scripts/start.mjs', '--dry-run'], {
    env: { PATH: process.env['PATH'] ?? '', DATA_DIR: dataDir, ...ports },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  const ready = new Promise<string>((found, failed) => {
    let said = '';
    const timer = setTimeout(() => failed(new Error('it did not start in time')), START_MS_MAX);
    child.stdout.on('data', (text: Buffer) => {
      said += text.toString();
      const [, url] = /Running at (http:\/\/\S+);/.exec(said) ?? [];
      if (url === undefined) return;
      clearTimeout(timer);
      found(url);
    });
    void ended.then(() => failed(new Error(`it ended before it ran:\n${said}`)));
  });
  return { child, ended, ready };
}

/** The committed configuration with the credentials of this installation. */
async function writeConfig(dir: string): Promise<string> {
  const text = await readFile(join(CONFIG, 'schemathesis.toml'), 'utf8');
  const secret = async (path: string): Promise<string> =>
    JSON.stringify((await readFile(join(dir, 'data', path), 'utf8')).trim());
  const credentials = [
    '[auth.openapi.token]',
    `bearer = ${await secret('function-secrets/openfaas-fn/trade-token')}`,
    '[auth.openapi.operator]',
    `username = ${await secret('secrets/basic-auth-user')}`,
    `password = ${await secret('secrets/basic-auth-password')}`,
  ];
  const file = join(dir, 'schemathesis.toml');
  const ruled = Object.keys(requestRules).flatMap((name) => [
    '[[operations]]',
    `include-path = "/function/${name}"`,
    `checks.positive_data_acceptance.expected-statuses = ${JSON.stringify(RULED_STATUSES)}`,
  ]);
  const hooked = text.replace('"hooks.py"', JSON.stringify(join(CONFIG, 'hooks.py')));
  await writeFile(file, `${[hooked, ...ruled, ...credentials].join('\n')}\n`, { mode: 0o600 });
  return file;
}

async function run(schemathesis: string, config: string, url: string): Promise<number> {
  const { seed, examples, phases } = values;
  const options = ['--checks', 'all', '--phases', phases, '--continue-on-failure', '--no-color'];
  const drawn = ['--seed', seed, '--max-examples', examples];
  const chosen = values.only === undefined ? [] : ['--include-path-regex', values.only];
  const child = spawn(
    schemathesis,
    ['--config-file', config, 'run', `${url}/openapi.json`, ...options, ...drawn, ...chosen],
    { cwd: folder, stdio: 'inherit' },
  );
  const [code] = (await once(child, 'close')) as [number | null];
  return code ?? 1;
}
