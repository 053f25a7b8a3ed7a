/** Writes a new adapter to a broker or to a provider of market data, with its conformance suite. */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { adapterFiles, adapterFolder, wrongName, type AdapterKind } from './adapters.ts';
import { refuse, writeFiles } from './write-files.ts';

/** @returns the exit code */
export function beginAdapter(kind: AdapterKind, name: string, dryRun: boolean): number {
  const wrong = wrongName(name);
  if (wrong !== undefined) return refuse(wrong);
  const folder = adapterFolder(kind, name);
  if (existsSync(folder)) return refuse(`${kind} ${name} exists already`);
  const files = adapterFiles(kind, name);
  writeFiles(files, dryRun);
  const paths = files.map(([path]) => path);
  if (!dryRun)
    execFileSync('node_modules/.bin/prettier', ['--write', '--log-level', 'warn', ...paths]);
  console.log(leftToDo(kind, folder, name));
  return 0;
}

function leftToDo(kind: AdapterKind, folder: string, name: string): string {
  const setting = kind === 'broker' ? 'BROKER' : 'MARKET_DATA';
  const page = kind === 'broker' ? `docs/brokers/${name}.md` : 'docs/use/market-data.md';
  return `
Works as a simulation now: ${setting}=${name}
Left to write: ${folder}/${name}-${kind}.ts, each method by what ${name} answers;
its secret files in marketSecrets of shared/process/settings/market-settings.ts;
${kind === 'broker' ? `a mock of ${name} in tests/support/brokers, and the fault suite on it; ` : ''}${page}.
Then: npm run generate`;
}
