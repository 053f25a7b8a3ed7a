/** How the total divides over sectors and regions, cash being an entry of its own. */
import type { Isin } from '#shared/kernel/isin.ts';
import { weightOf, type AccountValue } from './valuation.ts';

const CASH = 'Cash';
const UNKNOWN = 'Unknown';

/**
 * Fractions of the total by group, largest first; with cash they sum to 1. An account that is worth
 * nothing is all cash.
 *
 * @param groupOf name of a security's group; undefined is `Unknown`
 */
export function allocation(
  value: AccountValue,
  groupOf: (isin: Isin) => string | undefined,
): Record<string, number> {
  if (value.total.sign <= 0) return { [CASH]: 1 };
  const cash = value.cash.add(value.foreignCash);
  const groups = new Map<string, number>([[CASH, weightOf(cash, value.total)]]);
  for (const [isin, worth] of value.values) {
    const group = groupOf(isin) ?? UNKNOWN;
    groups.set(group, (groups.get(group) ?? 0) + weightOf(worth, value.total));
  }
  return Object.fromEntries([...groups].sort(([, a], [, b]) => b - a));
}

const EUROPE =
  'AD AL AT BA BE BG BY CH CY CZ DE DK EE ES FI FO FR GB GG GI GR HR HU IE IM IS IT JE LI LT LU LV ' +
  'MC MD ME MK MT NL NO PL PT RO RS RU SE SI SK SM UA VA XK';
const NORTH_AMERICA = 'BM CA GL US';
const LATIN_AMERICA =
  'AR BO BR BS BB BZ CL CO CR CU CW DO EC GT GY HN HT JM KY MX NI PA PE PR PY SR SV TT UY VE VG';
const ASIA =
  'AM AZ BD BN BT CN GE HK ID IN JP KG KH KR KZ LA LK MM MN MO MV MY NP PH PK SG TH TJ TL TM TW UZ VN';
const PACIFIC = 'AU FJ NZ PG';
const MIDDLE_EAST_AFRICA =
  'AE AO BH BW CI CM DZ EG ET GA GH IL IQ IR JO KE KW LB LR LY MA MG ML MU MW MZ NA NE NG OM QA RW ' +
  'SA SC SD SL SN SY SZ TD TG TN TR TZ UG YE ZA ZM ZW';

const regions = new Map<string, string>(
  Object.entries({
    Europe: EUROPE,
    'North America': NORTH_AMERICA,
    'Latin America': LATIN_AMERICA,
    Asia: ASIA,
    Pacific: PACIFIC,
    'Middle East and Africa': MIDDLE_EAST_AFRICA,
  }).flatMap(([region, codes]) => codes.split(' ').map((code) => [code, region] as const)),
);

/**
 * The region of a country (ISO 3166-1 alpha-2): Europe, North America, Latin America, Asia, Pacific,
 * Middle East and Africa; `Other` for the rest; undefined where the country is not known.
 */
export function regionOf(country: string | undefined): string | undefined {
  if (!country) return undefined;
  return regions.get(country) ?? 'Other';
}
