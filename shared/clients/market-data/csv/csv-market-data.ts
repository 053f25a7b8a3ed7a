/** Prices from files on a disk. */
import { refused } from '#shared/kernel/failure.ts';
import { instantOf, type Instant } from '#shared/kernel/instant.ts';
import { readContents, type CsvContents } from './csv-contents.ts';
import { securitiesMissing } from './csv-folder.ts';
import { columnsText } from './csv-layout.ts';
import { FileMarketData } from './file-market-data.ts';
import { archiveOf } from './price-archive.ts';
import { folderAt } from './price-folder.ts';

/**
 * Reads and checks all files at once; `docs/use/market-data.md` describes them.
 * @param path a folder, or one wide file of closes
 * @param now the wall clock's; later days are refused
 * @throws Failure REFUSED where a file or every price is missing, INVALID_REQUEST with every
 *   complaint about what the files hold, by file and line
 */
export async function openCsv(
  path: string,
  now: Instant = instantOf(Date.now()),
): Promise<FileMarketData> {
  const contents = await readContents(await folderAt(path), now);
  requireComplete(contents);
  if (contents.lastDay === undefined) throw pricesMissing(contents);
  return new FileMarketData('csv', archiveOf(contents, contents.lastDay));
}

/** @throws Failure REFUSED securities-file-missing, INVALID_REQUEST with every complaint */
export function requireComplete(contents: CsvContents): void {
  if (!contents.files.securities) throw securitiesMissing(contents.files);
  contents.complaints.throwIfAny();
}

function pricesMissing({ files, listing, unused }: CsvContents) {
  const symbols = listing.securities.map(({ symbol }) => symbol).join(', ');
  const contents = files.prices.map(
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
