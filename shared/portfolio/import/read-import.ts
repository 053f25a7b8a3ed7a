/** Reads a file of transactions in whichever format its header says. */
import { isCurrency, parseCurrency, type Currency } from '#shared/kernel/currency.ts';
import { invalidRequest } from '#shared/kernel/failure.ts';
import { degiroAccount } from './formats/degiro-account.ts';
import { degiro } from './formats/degiro.ts';
import { freedom24 } from './formats/freedom24.ts';
import { ghostfolio } from './formats/ghostfolio.ts';
import { interactiveBrokersActivity } from './formats/interactive-brokers-activity.ts';
import { interactiveBrokersFlex } from './formats/interactive-brokers-flex.ts';
import { plain } from './formats/plain.ts';
import { portfolioPerformanceXml } from './formats/portfolio-performance-xml.ts';
import { portfolioPerformance, tradeRepublicTimeline } from './formats/portfolio-performance.ts';
import { scalable } from './formats/scalable.ts';
import { tradeRepublic } from './formats/trade-republic.ts';
import { trading212 } from './formats/trading212.ts';
import { headerOf, readImportFile } from './formats/csv-rows.ts';
import { rowsOnce } from './rows-once.ts';
import { inWholeCurrency } from './whole-currency.ts';
import type {
  ImportedAction,
  ImportFile,
  ImportFormat,
  ParsedFile,
} from './formats/transaction.ts';

const formats: readonly ImportFormat[] = [
  ...[trading212, tradeRepublic, scalable, ghostfolio, freedom24, plain],
  ...[interactiveBrokersFlex, interactiveBrokersActivity, portfolioPerformance],
  ...[tradeRepublicTimeline, portfolioPerformanceXml, degiroAccount, degiro],
];

const BEGIN_SHOWN = 160;

export interface ReadImport extends ParsedFile {
  readonly format: string;
  readonly actions: readonly ImportedAction[];
  readonly countsInSharesOfToday: boolean;
  /** Rows that another row of the file says already, by the same id. */
  readonly repeated: number;
  /** Of its cash. */
  readonly currencies: ReadonlySet<Currency>;
}

/** @throws Failure INVALID_REQUEST `content` for a file of no known format */
export function readImport(content: string): ReadImport {
  const file = readImportFile(content);
  const format = formats.find((one) => one.recognises(file));
  if (!format)
    throw invalidRequest({
      field: 'content',
      message: `no known format: ${foundIn(file)}; known are ${formats.map(({ name }) => name).join(', ')}`,
    });
  const { transactions: stated, left: unread, actions = [] } = format.parse(file);
  const once = format.idsAreUnique ? rowsOnce(stated) : { rows: stated, repeated: 0, left: [] };
  const transactions = once.rows.map(inWholeCurrency);
  const left = [...unread, ...once.left];
  const rows = [...transactions, ...actions];
  const currencies = rows.map(({ currency }) => currency).filter(isCurrency);
  return {
    ...{ format: format.name, transactions, actions, left, repeated: once.repeated },
    countsInSharesOfToday: format.countsInSharesOfToday ?? false,
    currencies: new Set(currencies.map(parseCurrency)),
  };
}

/** What a person sees in the file, where no format does. */
function foundIn(file: ImportFile): string {
  if (file.text.trim() === '') return 'the file is empty';
  const columns = headerOf(file).filter((name) => name !== '');
  const begin = columns.length > 1 ? `columns ${columns.join(', ')}` : file.text.trim();
  return `it begins with ${begin.slice(0, BEGIN_SHOWN)}`;
}
