/** `trader policy`: shows, changes and lists the investment policy of an account. */
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import type { GetPolicyResponse } from '#protos/gen/portfolio.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { restrictions } from '#shared/portfolio/model/policy/policy.ts';
import { policyJsonSchema } from '#shared/portfolio/policy/policy-document.ts';
import { withRestriction } from '#shared/portfolio/policy/policy-edits.ts';
import { isinOf } from '#shared/universe/security-name.ts';
import { fromCallerFolder } from '../../caller-folder.ts';
import { openInstallation } from '../../gateway-client.ts';
import { dayText, policyText, updateText } from './policy-text.ts';

interface Options {
  readonly account?: string;
  readonly json?: boolean;
  readonly dryRun?: boolean;
  readonly note?: string;
  readonly version?: string;
  readonly document?: boolean;
}

interface RestrictOptions extends Options {
  readonly until?: string;
}

const ANSWER_MS_MAX = 60_000;
const NEW_POLICY = `# Investment policy: what is left out is left to the settings (docs/use/policy.md).
`;

export function policy(trader: Command): void {
  const group = trader.command('policy').description('the investment policy of an account');
  withOutput(group.command('show').description('shows the policy in force, and what breaks it'))
    .option('--version <number>', 'an earlier version')
    .option('--document', 'writes the document alone, as it was written')
    .action(show);
  withOutput(group.command('set').description('replaces the policy by the one in a file'))
    .argument('<file>', 'YAML or JSON')
    .option('--dry-run', 'shows what would change, and changes nothing')
    .option('--note <text>', 'why, for the history')
    .action(set);
  withOutput(group.command('edit').description('opens the policy in $EDITOR and stores it'))
    .option('--dry-run', 'shows what would change, and changes nothing')
    .option('--note <text>', 'why, for the history')
    .action(edit);
  withOutput(
    group.command('restrict').description('holds one security back, for good or until a day'),
  )
    .argument('<security>', 'ISIN or symbol')
    .argument('<how>', [...restrictions, 'none'].join(', '))
    .option('--until <day>', 'last day on which it holds, YYYY-MM-DD')
    .option('--dry-run', 'shows what would change, and changes nothing')
    .option('--note <text>', 'why, for the history')
    .action(restrict);
  group
    .command('schema')
    .description('writes the JSON Schema of the document, for editors')
    .action(schema);
  withOutput(group.command('history').description('lists all versions, newest first')).action(
    history,
  );
}

function withOutput(command: Command): Command {
  return command
    .option('--account <id>', 'other than the default account')
    .option('--json', 'writes one JSON document');
}

async function show({ account = '', json, version = '0', document }: Options): Promise<void> {
  const answer = await policyOf(account, version);
  if (document) process.stdout.write(answer.policy?.document ?? '');
  else print(json, answer, policyText(answer));
}

async function set(file: string, options: Options): Promise<void> {
  const { policy: current } = await policyOf(options.account ?? '', '0');
  await replace(readText(file), current?.version ?? 0, options);
}

async function edit(options: Options): Promise<void> {
  const { policy: current, effectiveJson } = await policyOf(options.account ?? '', '0');
  const before = current?.document || NEW_POLICY + commented(effectiveJson);
  const after = edited(before);
  if (after === before) process.stdout.write('Nothing was changed.\n');
  else await replace(after, current?.version ?? 0, options);
}

async function restrict(security: string, how: string, options: RestrictOptions): Promise<void> {
  const list = [...restrictions, 'none' as const].find((one) => one === how);
  if (list === undefined)
    throw invalidRequest({ field: 'how', message: `one of ${restrictions.join(', ')}, none` });
  const isin = await isinOf(asked(), security);
  const { policy: current } = await policyOf(options.account ?? '', '0');
  const document = withRestriction(current?.document ?? '', isin, list, options.until);
  await replace(document, current?.version ?? 0, options);
}

function schema(): void {
  process.stdout.write(`${JSON.stringify(policyJsonSchema(), null, 2)}\n`);
}

async function history({ account = '', json }: Options): Promise<void> {
  const request = { accountId: account, limit: 1000 };
  const answer = await asked()(portfolio.listPolicyVersions, request);
  const lines = answer.versions.map(
    ({ version, changedAt, source, note }) =>
      `${version}  ${dayText(changedAt)}  ${source}  ${note}`,
  );
  print(json, answer, lines.length > 0 ? lines : ['None is stored; the settings are in force.']);
}

function policyOf(accountId: string, version: string): Promise<GetPolicyResponse> {
  return asked()(portfolio.getPolicy, { accountId, version });
}

async function replace(document: string, expectedVersion: number, given: Options) {
  const { account: accountId = '', dryRun = false, note = '', json } = given;
  const request = { accountId, document, expectedVersion, dryRun, note };
  const options = { idempotencyKey: randomUUID() };
  const answer = await asked()(portfolio.updatePolicy, request, options);
  print(json, answer, updateText(answer));
}

function asked() {
  return openInstallation(ANSWER_MS_MAX);
}

function readText(file: string): string {
  try {
    return readFileSync(fromCallerFolder(file), 'utf8');
  } catch (thrown) {
    throw new Failure('INVALID_REQUEST', `${file} cannot be read.`, { field: 'file' }, thrown);
  }
}

/** The policy that the settings make, to uncomment from. */
function commented(effectiveJson: string): string {
  const yaml = stringify(JSON.parse(effectiveJson));
  return yaml.replaceAll(/^(?=.)/gm, '# ');
}

/** What the person's editor leaves. */
function edited(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'trader-policy-'));
  const file = join(folder, 'policy.yaml');
  try {
    writeFileSync(file, text);
    const editor = process.env['VISUAL'] || process.env['EDITOR'] || 'vi';
    const args = ['-c', `${editor} "$1"`, 'trader', file];
    const { status } = spawnSync('sh', args, { stdio: 'inherit' });
    if (status !== 0) throw new Failure('REFUSED', `${editor} ended with ${status ?? 'a signal'}.`);
    return readFileSync(file, 'utf8');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function print(json: boolean | undefined, answer: object, lines: readonly string[]): void {
  process.stdout.write(json ? `${JSON.stringify(answer, null, 2)}\n` : `${lines.join('\n')}\n`);
}
