/** A new adapter: a copy of the example beside this file under its own name, registered. */
import { readFileSync } from 'node:fs';

export type AdapterKind = 'broker' | 'market-data';
export type File = readonly [path: string, text: string];

const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const NAME_LENGTH_MAX = 40;
const SETTINGS = 'shared/process/settings/market-settings.ts';
const DECIMALS = 'shared/clients/broker/quantity-decimals.ts';

/** @returns what is wrong with a name */
export function wrongName(name: string): string | undefined {
  if (!KEBAB.test(name)) return `"${name}" is not written like-this`;
  if (name.length > NAME_LENGTH_MAX) return `"${name}" is over ${NAME_LENGTH_MAX} long`;
  return undefined;
}

export function adapterFolder(kind: AdapterKind, name: string): string {
  return `shared/clients/${kind}/${name}`;
}

/** The files of a new adapter, and those that name it. */
export function adapterFiles(kind: AdapterKind, name: string): readonly File[] {
  const file = `${adapterFolder(kind, name)}/${name}-${kind}.ts`;
  const opener = `shared/clients/${kind}/open.ts`;
  const [register, open, test] =
    kind === 'broker'
      ? [registerBroker, openBroker, brokerTest]
      : [registerMarketData, openMarketData, marketDataTest];
  const example = readFileSync(`scripts/new/example-${kind}.ts`, 'utf8');
  return [
    [file, renamed(kind === 'broker' ? withSharedDecimals(example) : example, name)],
    ...(kind === 'broker' ? [countedShares(name)] : []),
    [SETTINGS, register(readFileSync(SETTINGS, 'utf8'), name)],
    [opener, open(readFileSync(opener, 'utf8'), name)],
    [`tests/integration/${kind}/${name}-${kind}.test.ts`, renamed(test, name)],
  ];
}

function renamed(example: string, name: string): string {
  return example.replaceAll('Example', pascal(name)).replaceAll('example', name);
}

function pascal(name: string): string {
  return name.replace(/(^|-)([a-z0-9])/g, (_all, _dash, letter: string) => letter.toUpperCase());
}

function registerBroker(settings: string, name: string): string {
  return replaced(settings, /(brokerNames = \[[^\]]*?),?\s*\]/, `$1, '${name}']`);
}

function openBroker(open: string, name: string): string {
  const broker = `${pascal(name)}Broker`;
  return replaced(
    open,
    /(const openers: [^]*?\n)(\};)/,
    `$1  '${name}': async ({ paperOpeningCash }, dependencies) => {
    const { ${broker} } = await import('./${name}/${name}-broker.ts');
    return new ${broker}(paperOpeningCash, dependencies);
  },\n$2`,
  );
}

/** How finely the new broker counts shares: known without opening it, since plans need it as well. */
function countedShares(name: string): File {
  const decimals = readFileSync(DECIMALS, 'utf8');
  return [
    DECIMALS,
    replaced(decimals, /(quantityDecimals: [^]*?\n)(\};)/, `$1  '${name}': 0,\n$2`),
  ];
}

/** The example is no broker of the settings, so it states its decimals itself; a copy reads the table. */
function withSharedDecimals(example: string): string {
  const read = replaced(
    example,
    /quantityDecimals: 0,/,
    "quantityDecimals: quantityDecimals['example'],",
  );
  return replaced(
    read,
    /(from '#shared\/clients\/broker\/capabilities\.ts';\n)/,
    "$1import { quantityDecimals } from '#shared/clients/broker/quantity-decimals.ts';\n",
  );
}

function registerMarketData(settings: string, name: string): string {
  const formed = replaced(settings, /(marketDataForms = \[[^\]]*?),?\s*\]/, `$1, '\`${name}\`']`);
  const typed = replaced(
    formed,
    /(type MarketDataChoice =[^]*?);\n\n/,
    `$1\n  | { readonly kind: '${name}' };\n\n`,
  );
  return replaced(
    typed,
    /(function marketData\([^]*?)( {2}return bad\()/,
    `$1  if (value === '${name}') return { kind: value };\n$2`,
  );
}

function openMarketData(open: string, name: string): string {
  const source = `${pascal(name)}MarketData`;
  return replaced(
    open,
    /( {4}case 'csv': \{\n)/,
    `    case '${name}': {
      const { ${source} } = await import('./${name}/${name}-market-data.ts');
      return new ${source}();
    }\n$1`,
  );
}

/** @throws Error when the place is not there: the file was written anew */
function replaced(text: string, place: RegExp, by: string): string {
  if (!place.test(text)) throw new Error(`There is no place for the new name: ${String(place)}`);
  return text.replace(place, by);
}

const brokerTest = `import { ExampleBroker } from '#shared/clients/broker/example/example-broker.ts';
import { parseCurrency } from '#shared/kernel/currency.ts';
import { Decimal } from '#shared/kernel/decimal.ts';
import { DEFAULT_ACCOUNT } from '#shared/kernel/identifiers.ts';
import { instantOf } from '#shared/kernel/instant.ts';
import { conforms } from '../../support/brokers/broker-conformance.ts';
import { ALPHA, SetMarket } from '../../support/markets/set-market.ts';

const now = instantOf(Date.parse('2024-03-04T10:00:00Z'));

describe('example as a broker', () => {
  conforms(() =>
    Promise.resolve({
      broker: new ExampleBroker(Decimal.of(25_000), {
        marketData: new SetMarket().setClose(ALPHA, '2024-03-04', 100),
        baseCurrency: parseCurrency('EUR'),
        secret: () => () => '',
        now: () => now,
      }),
      accountId: DEFAULT_ACCOUNT,
      isin: ALPHA,
      symbol: 'ALPHA',
      price: 100,
      currency: 'EUR',
      close: () => Promise.resolve(),
    }),
  );
});
`;

const marketDataTest = `import { ExampleMarketData } from '#shared/clients/market-data/example/example-market-data.ts';
import { marketDataConforms } from '../../support/markets/market-data-conformance.ts';

describe('example as market data', () => {
  marketDataConforms(async () => new ExampleMarketData());
});
`;
