/** `trader import-prices FOLDER`: shows what a folder of price files has; `--apply` imports it. */
import { createHash, randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Command } from 'commander';
import { checkFolder } from '#shared/clients/market-data/check/check-folder.ts';
import { dataReportText } from '#shared/clients/market-data/check/data-report-text.ts';
import { folderAt, type PriceFolder } from '#shared/clients/market-data/csv/price-folder.ts';
import type { ResponseOf } from '#shared/contract/row.ts';
import { universe } from '#shared/contract/universe.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { fromCallerFolder } from '../../caller-folder.ts';
import { commandExitCodes } from '../../command-exit-codes.ts';
import { openInstallation, type Ask } from '../../gateway-client.ts';

interface Options {
  readonly apply?: boolean;
  readonly json?: boolean;
}

type Answer = ResponseOf<typeof universe.importPriceFiles>;
interface FileParts {
  readonly files: { name: string; parts: string[] }[];
  /** Gzip in base64, by hash. */
  readonly contents: ReadonlyMap<string, string>;
}

const PART_BYTES = 1024 * 1024;
/** A call stays below the limits of gateways and of gRPC. */
const CALL_CHARACTERS_MAX = 1_500_000;
const ANSWER_MS_MAX = 150_000;

export function importPrices(trader: Command): void {
  trader
    .command('import-prices')
    .description('imports a folder of price files, for MARKET_DATA=imported')
    .argument('<folder>', 'folder of CSV files with a securities.csv')
    .option('--apply', 'imports it in the place of the one before')
    .option('--json', 'writes one JSON document')
    .action(run);
}

async function run(given: string, { apply = false, json = false }: Options): Promise<void> {
  const folder = await folderAt(fromCallerFolder(given));
  if (folder.only !== undefined)
    throw invalidRequest({ field: 'folder', message: `${given} is a file; a folder is needed` });
  const report = await checkFolder(folder.path, instantOf(Date.now()));
  if (report.problems.length > 0 || !report.securitiesFile) {
    const text = json ? JSON.stringify(report, null, 2) : dataReportText(report).join('\n');
    process.stdout.write(`${text}\n`);
    process.exitCode = commandExitCodes.failed;
    return;
  }
  const answer = await send(openInstallation(ANSWER_MS_MAX), await partsOf(folder), apply);
  process.stdout.write(
    `${json ? JSON.stringify(answer, null, 2) : textOf(answer, folder.path).join('\n')}\n`,
  );
}

async function partsOf(folder: PriceFolder): Promise<FileParts> {
  const contents = new Map<string, string>();
  const files = [];
  for (const name of folder.names) {
    const bytes = await folder.read(name);
    const parts: string[] = [];
    for (let at = 0; at < bytes.length; at += PART_BYTES) {
      const part = bytes.subarray(at, at + PART_BYTES);
      const hash = createHash('sha256').update(part).digest('hex');
      parts.push(hash);
      contents.set(hash, gzipSync(part).toString('base64'));
    }
    files.push({ name, parts });
  }
  return { files, contents };
}

/** Sends what is missing, in as many calls as it takes. */
async function send(ask: Ask, { files, contents }: FileParts, apply: boolean): Promise<Answer> {
  const call = (some: readonly string[]): Promise<Answer> =>
    ask(
      universe.importPriceFiles,
      { files, contents: [...some], apply },
      { idempotencyKey: randomUUID() },
    );
  let answer = await call([]);
  while (answer.missingParts.length > 0)
    answer = await call(firstOf(answer.missingParts.flatMap((hash) => contents.get(hash) ?? [])));
  return answer;
}

function firstOf(all: readonly string[]): readonly string[] {
  let characters = 0;
  const end = all.findIndex((one) => (characters += one.length) > CALL_CHARACTERS_MAX);
  return end < 0 ? all : all.slice(0, Math.max(1, end));
}

function textOf(answer: Answer, folder: string): string[] {
  const { securities, securitiesWithoutPrices: without, bars, lastDay, warnings } = answer;
  const prices = lastDay ? `${bars} daily bars up to ${lastDay}` : 'no prices';
  return [
    `${folder}: ${securities} securities, ${prices}${without > 0 && lastDay ? `; ${without} without prices` : ''}.`,
    ...warnings,
    endOf(answer),
  ];
}

function endOf({ applied, version, versionBefore }: Answer): string {
  if (version === versionBefore) return 'These files are imported already.';
  if (!applied) return 'Nothing is imported yet; --apply imports it.';
  return 'Imported. MARKET_DATA=imported uses it from now on.';
}
