/**
 * Imports a folder of price files: reads and checks them as `MARKET_DATA=csv:` does, and with `apply`
 * stores what they say for `MARKET_DATA=imported`, all of it or nothing. Files travel in parts, in as many
 * calls as it takes; a call that misses parts names them. The same files again change nothing.
 *
 * @throws Failure INVALID_REQUEST with every complaint, by file and line, or naming a file that comes
 * twice; REFUSED securities-file-missing
 */
import { universe } from '#shared/contract/universe.ts';
import { BEGINNING } from '#shared/clients/market-data/checked-bars.ts';
import { doubtsOf } from '#shared/clients/market-data/csv/contents-doubts.ts';
import { readContents, type CsvContents } from '#shared/clients/market-data/csv/csv-contents.ts';
import { requireComplete } from '#shared/clients/market-data/csv/csv-market-data.ts';
import { folderInMemory } from '#shared/clients/market-data/csv/price-folder.ts';
import type { Currency } from '#shared/kernel/currency.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { handle } from '#shared/runtime/handle.ts';
import { PriceFileStore, versionOf, type FileInParts } from '#shared/universe/price-file-store.ts';

export default handle(universe.importPriceFiles, async ({ files, contents, apply }, context) => {
  requireDistinct(files);
  const store = new PriceFileStore(context.database);
  await store.keepParts(contents);
  const missingParts = [...(await store.missing(files))];
  const version = versionOf(files);
  const versionBefore = (await store.current()) ?? '';
  const answer = { applied: false, missingParts, version, versionBefore };
  if (missingParts.length > 0) return { ...answer, ...NOTHING_READ };
  const bytes = new Map<string, Uint8Array>();
  for (const file of files) bytes.set(file.name, await store.bytesOf(file));
  const folder = folderInMemory('', bytes);
  const read = await readContents(folder, context.now());
  requireComplete(read);
  if (apply) await store.put(version, read, folder);
  return { ...answer, ...summaryOf(read, context.baseCurrency), applied: apply };
});

const NOTHING_READ = {
  ...{ securities: 0, securitiesWithoutPrices: 0, bars: '0', lastDay: '', warnings: [] },
};

function requireDistinct(files: readonly FileInParts[]): void {
  const names = files.map(({ name }) => name);
  const second = names.findIndex((name, i) => names.indexOf(name) < i);
  if (second >= 0)
    throw invalidRequest({
      field: `files[${second}].name`,
      message: `${names[second]} comes twice`,
    });
}

function summaryOf(contents: CsvContents, base: Currency) {
  const { listing, series, lastDay } = contents;
  const bars = [...series.values()].reduce((sum, one) => sum + one.bars.length, 0);
  return {
    securities: listing.securities.length,
    securitiesWithoutPrices: listing.securities.filter(({ isin }) => !series.has(isin)).length,
    bars: String(bars),
    lastDay: lastDay ?? '',
    warnings: [...doubtsOf(contents), ...unconverted(contents, base)],
  };
}

/** Currencies that nothing in the files converts into the account's. */
function unconverted({ listing, rates }: CsvContents, base: Currency): readonly string[] {
  const others = new Set(listing.securities.map(({ currency }) => currency));
  others.delete(base);
  return [...others]
    .filter((currency) => !rates || rates.between(currency, base, BEGINNING).length === 0)
    .map(
      (currency) =>
        `No rate of rates.csv converts ${currency} into the account's ${base}: set BASE_CURRENCY, or add rates.`,
    );
}
