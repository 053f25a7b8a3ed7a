/**
 * OpenFaaS' certifier for providers against our gateway. Its images come from a registry outside; those that
 * it names (`functions/alpine`, `theaxer/redirector`) are fixtures here, which answer as they do. Its tests of
 * scaling are switched off as its own flag does for faasd: there is one replica (decision 023).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRig, type Rig } from '../conformance/rig.ts';
import { testNeeding } from '../support/needing.ts';

const program = process.env['CERTIFIER'];
const missing = program
  ? undefined
  : 'CERTIFIER names no program (go test -c ./tests in a clone of github.com/openfaas/certifier)';

let rig: Rig;
let folder: string;

beforeEach(async () => {
  rig = await openRig({ fixtures: [] });
  folder = await mkdtemp(join(tmpdir(), 'trader-certifier-'));
});
afterEach(async () => {
  await rig.close();
  await rm(folder, { recursive: true, force: true });
});

/** The outcome of each of its tests, without those within them. */
async function certify(): Promise<Readonly<Record<string, string>>> {
  const token = rig.auth.replace('Basic ', '');
  const login = `auths:\n- gateway: ${rig.url}\n  auth: basic\n  token: ${token}\n`;
  await writeFile(join(folder, 'config.yml'), login);
  const options = ['-test.v', '-enableAuth', '-enableScaling=false', `-gateway=${rig.url}`];
  const env = { ...process.env, OPENFAAS_CONFIG: folder };
  const child = spawn(program ?? '', options, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const pipe of [child.stdout, child.stderr])
    pipe.on('data', (bytes: Buffer) => void (text += bytes.toString()));
  await once(child, 'close');
  const outcomes = [...text.matchAll(/^--- (PASS|FAIL|SKIP): (\w+)/gm)];
  const failed = outcomes.some(([, outcome]) => outcome === 'FAIL');
  if (failed || outcomes.length === 0) throw new Error(text);
  return Object.fromEntries(outcomes.map(([, outcome = '', name = '']) => [name, outcome]));
}

testNeeding(
  missing,
  "the certifier's tests pass, but for those of scaling",
  async () => {
    expect(await certify()).toEqual({
      Test_Deploy_MetaData: 'PASS',
      Test_ListNamespaces: 'PASS',
      Test_HealthEndpoint: 'PASS',
      Test_ProviderInfo: 'PASS',
      Test_InvokeNotFound: 'PASS',
      Test_Invoke: 'PASS',
      Test_FunctionLogs: 'PASS',
      Test_SecretCRUD: 'PASS',
      Test_ScaleMinimum: 'SKIP',
      Test_ScaleFromZeroDuringInvoke: 'SKIP',
      Test_ScaleUpAndDownFromThroughPut: 'SKIP',
      Test_ScalingDisabledViaLabels: 'SKIP',
      Test_ScaleToZero: 'SKIP',
    });
  },
  180_000,
);
