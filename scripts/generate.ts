/**
 * Writes everything that follows from the protos, the catalogue and the tables:
 *
 *   npm run generate             writes
 *   npm run generate -- --check  writes nothing, names what is stale, and exits 1
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { alertRules, alertRulesTests } from './generate/alerts.ts';
import { architecturePicture } from './generate/architecture-picture.ts';
import { conformancePage } from './generate/conformance-page.ts';
import { readDescriptors } from './generate/request-fields.ts';
import { errorsPage } from './generate/errors-page.ts';
import { messagesPage } from './generate/messages-page.ts';
import { metricsPage } from './generate/metrics-page.ts';
import { operationsPage } from './generate/operations-page.ts';
import { redisKeysPage } from './generate/redis-keys-page.ts';
import { settingsPage } from './generate/settings-page.ts';
import { openApi } from './generate/openapi/openapi.ts';
import { asyncApi } from './generate/asyncapi.ts';
import { grafanaDashboards } from './generate/dashboards.ts';
import { heavyOperations, packs } from './generate/packs.ts';
import { simdModule } from './generate/simd/kernels.ts';
import { chartFunctions, packedStackFile, stackFile } from './generate/stack-yaml.ts';

const BUF = 'node_modules/.bin/buf';
const GENERATED_CODE = 'protos/gen';
/** What server reflection answers: the contract and standard health, comments included. */
const DESCRIPTORS = 'descriptors.binpb';
const DESCRIBED = ['protos', 'node_modules/grpc-health-check/proto'];

const { values } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const stale = values.check ? [...staleCode(), ...(await stalePages())] : await writeAll();
for (const file of stale) console.error(`stale: ${file}; run npm run generate`);
process.exitCode = stale.length > 0 ? 1 : 0;

async function writeAll(): Promise<string[]> {
  execFileSync(BUF, ['generate'], { stdio: 'inherit' });
  writeDescriptors(GENERATED_CODE);
  for (const [file, text] of await pages()) writeFileSync(file, text);
  return [];
}

async function stalePages(): Promise<string[]> {
  return (await pages()).filter(([file, text]) => kept(file) !== text).map(([file]) => file);
}

async function pages(): Promise<[file: string, text: string][]> {
  const image = execFileSync(BUF, ['build', '-o', '-#format=json'], { maxBuffer: 64 * 1024 ** 2 });
  const descriptors = readDescriptors(image.toString());
  const markdown = {
    'docs/use/operations.md': operationsPage(descriptors),
    'docs/operate/settings.md': settingsPage(),
    'docs/use/errors.md': errorsPage(),
    'docs/use/messages.md': messagesPage(image.toString()),
    'docs/operate/metrics.md': await metricsPage(),
    'docs/operate/redis-keys.md': redisKeysPage(),
    'docs/develop/openfaas-conformance.md': conformancePage(),
  };
  const config = await resolveConfig('docs/use/operations.md');
  const formatted = Object.entries(markdown).map(
    async ([file, text]): Promise<[string, string]> => [
      file,
      await format(text, { ...config, parser: 'markdown' }),
    ],
  );
  const code = [...packs(), simdModule()].map(async ([file, text]): Promise<[string, string]> => [
    file,
    await format(text, { ...config, parser: 'typescript' }),
  ]);
  return [
    ['docs/architecture.svg', architecturePicture()],
    ['deploy/prometheus/alerts.yaml', alertRules()],
    // Helm reads only what lies in the chart.
    ['deploy/chart/files/alerts.yaml', alertRules()],
    ['deploy/prometheus/alerts-test.yaml', alertRulesTests()],
    ['gateway/runtime/system-api/gateway.openapi', openApi(image.toString())],
    ['gateway/runtime/system-api/queues.asyncapi', asyncApi()],
    ...grafanaDashboards(),
    ['scripts/build/heavy-operations.json', heavyOperations()],
    ['stack.yml', stackFile()],
    ['stack.packed.yml', packedStackFile()],
    ['deploy/chart/files/functions.yaml', chartFunctions()],
    ...(await Promise.all([...formatted, ...code])),
  ];
}

/** Generates the code into a folder apart and compares file by file. */
function staleCode(): string[] {
  const apart = mkdtempSync(join(tmpdir(), 'trader-generate-'));
  try {
    execFileSync(BUF, ['generate', '-o', apart], { stdio: 'inherit' });
    const fresh = join(apart, GENERATED_CODE);
    writeDescriptors(fresh);
    const names = new Set([...filesIn(fresh), ...filesIn(GENERATED_CODE)]);
    return [...names]
      .filter((name) => kept(join(fresh, name)) !== kept(join(GENERATED_CODE, name)))
      .map((name) => join(GENERATED_CODE, name))
      .sort();
  } finally {
    rmSync(apart, { recursive: true, force: true });
  }
}

/** Sets of descriptors, written one behind the other, are one set. */
function writeDescriptors(folder: string): void {
  const sets = DESCRIBED.map((protos) =>
    execFileSync(BUF, ['build', protos, '--as-file-descriptor-set', '-o', '-#format=binpb'], {
      maxBuffer: 16 * 1024 ** 2,
    }),
  );
  writeFileSync(join(folder, DESCRIPTORS), Buffer.concat(sets));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
}

function kept(file: string): string | undefined {
  try {
    return readFileSync(file, file.endsWith('.binpb') ? 'latin1' : 'utf8');
  } catch {
    return undefined;
  }
}
