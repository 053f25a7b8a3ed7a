/** Rows of the scoring service: how a security compares with the rest of the universe. */
import type { ScoringServiceService } from '#protos/gen/scoring.ts';
import { double, int32, isin, list, map, optionalIsin, request, symbol, text } from './fields.ts';
import { isinJson, oneOf, symbolJson } from './wire-json.ts';
import { contract, usual } from './row.ts';

export const scoring = contract<typeof ScoringServiceService>()('scoring', {
  scoreSecurity: {
    ...usual.read,
    fails: ['REFUSED'],
    timeoutMs: 30_000,
    summary: 'Scores one security against the universe; overrides ask "what if".',
    get request() {
      return oneOf(
        request({ isin: optionalIsin, symbol, marketData: map(double()) }),
        { needs: { isin: isinJson } },
        { needs: { symbol: symbolJson } },
      );
    },
  },
  batchScoreSecurities: {
    ...usual.write,
    timeoutMs: 120_000,
    weight: 'heavy',
    summary: 'Scores many securities in one pass and keeps the day’s scores.',
    get request() {
      return request({
        isins: list(isin),
        filters: map(text(), ['sector', 'exchange', 'currency', 'minScore']),
      });
    },
  },
  scorePortfolio: {
    ...usual.read,
    fails: ['REFUSED'],
    timeoutMs: 60_000,
    weight: 'heavy',
    summary: 'Scores the holdings, and measures the risk they make together.',
    get request() {
      return request({ portfolioHash: text(64), isins: list(isin) });
    },
  },
  getScoreHistory: {
    ...usual.read,
    summary: 'Lists the stored scores of a security, oldest first.',
    get request() {
      return request({ isin, days: int32({ min: 0, max: 20_000 }) });
    },
  },
});
