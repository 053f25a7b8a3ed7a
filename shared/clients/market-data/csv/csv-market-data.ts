/** Prices from files on a disk. */
import { refused } from '#shared/kernel/failure.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import type { FileFacts } from '../market-data.ts';
import { readContents, type CsvContents } from './csv-contents.ts';
import { securitiesMissing } from './csv-folder.ts';
import { columnsText } from './csv-layout.ts';
import { FileMarketData } from './file-market-data.ts';
import { archiveOf, deferredArchive, type PriceArchive } from './price-archive.ts';
import { folderAt } from './price-folder.ts';

/**
 * Reads and checks all files at once; `docs/use/market-data.md` describes them.
 * @param path a folder, or one wide file of closes
 * @param now the wall clock's; later days are refused
 * @param known what another thread has read there; the files are then read once more is needed
 * @throws Failure REFUSED where a file or every price is missing, INVALID_REQUEST with every
 *   complaint about what the files hold, by file and line
 */
export async function openCsv(
  path: string,
  now: Instant = instantOf(Date.now()),
  known?: FileFacts,
): Promise<FileMarketData> {
  const open = () => openArchive(path, now);
  return new FileMarketData('csv', known ? deferredArchive(known, open) : await open());
}

async function openArchive(path: string, now: Instant): Promise<PriceArchive> {
  const contents = await readContents(await folderAt(path), now);
  requireComplete(contents);
  if (contents.lastDay === undefined) throw pricesMissing(contents);
  return archiveOf(contents, contents.lastDay);
}

/** @throws Failure REFUSED securities-file-missing, INVALID_REQUEST with every complaint */
export function requireComplete(contents: CsvContents): void {
  if (!contents.files.securities) throw securitiesMissing(contents.files, contents.prices);
  contents.complaints.throwIfAny();
}

export function pricesMissing({ files, prices, listing, unused }: CsvContents) {
  const symbols = listing.securities.map(({ symbol }) => symbol).join(', ');
  const contents = prices.map(
    ({ file, header }) => `${file} (${unusedReason(file) ?? columnsText(header)})`,
  );
  function unusedReason(file: string): string | undefined {
    return unused.find((one) => one.file === file)?.reason;
  }
  return refused(
    'prices-missing',
    `${files.folder} has no prices of ${symbols}; looked in ${contents.join('; ') || 'no file'}.`,
  );
}
