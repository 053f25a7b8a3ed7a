/** Each live source keeps to what all sources of market data must. */
import { liveFixture, type LiveFixture } from '../../support/markets/live-fixture.ts';
import {
  marketDataConforms,
  marketDataConformsInRates,
} from '../../support/markets/market-data-conformance.ts';

let on: LiveFixture;
beforeAll(async () => {
  on = await liveFixture();
});
afterAll(() => on.close());

describe.each(['yahoo', 'alpaca', 'tradernet'])('%s as market data', (source) => {
  marketDataConforms(() => on.open(source));
  marketDataConformsInRates(() => on.open(source));
});
