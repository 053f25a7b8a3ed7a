/** Price quality as answered to callers. */
import type { PriceDoubt as WireDoubt, SetAsideBar as WireBar } from '#protos/gen/common/prices.ts';
import type { SetAsideBar } from '#shared/kernel/bars/bar-check.ts';
import type { MarketReader } from './market-reader.ts';
import { doubtText, questionOf, type PriceDoubt } from './model/price-doubt.ts';
import type { Security } from './model/security.ts';

const BARS_SHOWN_MAX = 100;

export interface PriceQuality {
  /** Latest first. */
  readonly setAside: WireBar[];
  readonly priceDoubts: WireDoubt[];
}

export async function priceQuality(
  market: Pick<MarketReader, 'setAsideOf' | 'doubts'>,
  securities: readonly Security[],
): Promise<PriceQuality> {
  const [doubts, setAside] = await Promise.all([
    market.doubts(),
    market.setAsideOf(securities.map(({ isin }) => isin)),
  ]);
  return {
    setAside: securities
      .flatMap((security) =>
        (setAside.get(security.isin) ?? []).map((bar) => wireBar(security, bar)),
      )
      .sort((a, b) => (a.day > b.day ? -1 : 1))
      .slice(0, BARS_SHOWN_MAX),
    priceDoubts: securities.flatMap((security) =>
      (doubts.get(security.isin) ?? []).map((doubt) => wireDoubt(security, doubt)),
    ),
  };
}

function wireBar({ isin, symbol }: Security, { day, reason, origin = '' }: SetAsideBar): WireBar {
  return { isin, symbol, day, reason, origin };
}

function wireDoubt({ isin, symbol }: Security, doubt: PriceDoubt): WireDoubt {
  return {
    ...{ isin, symbol, kind: doubt.kind, day: doubt.day, reason: doubtText(doubt) },
    question: questionOf(doubt, symbol) ?? '',
    ratio: doubt.kind === 'suspected-split' ? doubt.ratio : undefined,
  };
}
