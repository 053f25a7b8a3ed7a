/**
 * Whether everything that is exported has a use. Two runs of knip: over the whole repository for files,
 * packages and exports without any use, and over what runs (operations, gateway, command, scripts,
 * benchmarks) for exports that only tests use. The anchors runner is a script: what it compares with
 * published values counts as used, provided that shared/quant/README.md describes its room.
 */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

const LIBRARY = 'shared/quant';

/** Names of issues: https://knip.dev/reference/issue-types */
const RUNS: readonly (readonly string[])[] = [
  [],
  ['--production', '--include', 'files,exports,nsExports,types,nsTypes,duplicates'],
];

function knip(args: readonly string[]): boolean {
  const { status } = spawnSync('npx', ['knip', '--no-progress', ...args], { stdio: 'inherit' });
  return status === 0;
}

/** Folders of the library without a section of their own, `### \`name\``. */
function undescribed(rooms: readonly string[], readme: string): string[] {
  const lines = new Set(readme.split('\n'));
  return rooms.filter((room) => !lines.has(`### \`${room}\``));
}

function main(): number {
  const entries = readdirSync(LIBRARY, { withFileTypes: true });
  const rooms = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const missing = undescribed(rooms, readFileSync(`${LIBRARY}/README.md`, 'utf8'));
  for (const room of missing) console.error(`${LIBRARY}/README.md does not describe ${room}`);
  const clean = RUNS.map(knip).every(Boolean);
  return clean && missing.length === 0 ? 0 : 1;
}

process.exitCode = main();
