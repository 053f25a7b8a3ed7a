/** What a year of a security's bars takes: as stored here, in csv, and in Parquet. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { readContents } from '#shared/clients/market-data/csv/csv-contents.ts';
import { folderAt } from '#shared/clients/market-data/csv/price-folder.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { priceChunks } from '#shared/universe/year-chunks.ts';
import { figure } from '../figures/figure.ts';
import { withPeers } from '../peers/python.ts';

const TRADING_DAYS_A_YEAR = 252;

/** @param market of drawn prices, a file a security */
export async function compareStoredBytes(market: string): Promise<void> {
  const { series } = await readContents(await folderAt(market), instantOf(Date.now()));
  const all = [...series.values()].map(({ figures }) => figures);
  const years = all.reduce((sum, { days }) => sum + days.length, 0) / TRADING_DAYS_A_YEAR;
  const texts = all.flatMap((figures) => [...priceChunks(figures)].flat());
  const ours = texts.reduce((sum, text) => sum + text.length, 0);
  const files = readdirSync(market).filter((name) => name.startsWith('S'));
  const csv = files.reduce((sum, name) => sum + statSync(join(market, name)).size, 0);
  const shown = (bytes: number): string => (bytes / years).toFixed(0);
  const table: Record<string, string> = { ours: shown(ours), csv: shown(csv) };
  await withPeers(async (python) => {
    const { values } = await python.time('parquet bytes', { folder: market }, 0);
    const [snappy = Number.NaN, zstd = Number.NaN] = values;
    Object.assign(table, { 'Parquet, snappy': shown(snappy), 'Parquet, zstd': shown(zstd) });
    figure('universe: bytes of stored bars, Parquet (zstd) / ours', [zstd / ours]);
  });
  console.log(`bytes of a security's year: ${JSON.stringify(table)}`);
}
