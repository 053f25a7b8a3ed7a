/** Generated from the catalogue by `npm run generate`: the scoring service in one function. */
import batchScoreSecurities from './batch-score-securities/handler.ts';
import getScoreHistory from './get-score-history/handler.ts';
import scorePortfolio from './score-portfolio/handler.ts';
import scoreSecurity from './score-security/handler.ts';
import { scoring } from '#shared/contract/scoring.ts';
import { pack } from '#shared/runtime/pack.ts';

export default pack('scoring', scoring, {
  batchScoreSecurities,
  getScoreHistory,
  scorePortfolio,
  scoreSecurity,
});
