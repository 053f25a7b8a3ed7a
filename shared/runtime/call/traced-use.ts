/** What a recorded call uses: each command of Redis, and each call of the broker and the source of prices, has a span. */
import type { Broker } from '#shared/clients/broker/broker.ts';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { withSpans } from '#shared/process/tracing/adapter-spans.ts';
import type { Dependencies } from '../context.ts';

/** @param traceparent of the call's span */
export function tracedUse(dependencies: Dependencies, traceparent: string): Dependencies {
  const { broker, marketData, runs, settings } = dependencies;
  const database = dependencies.database.within(traceparent);
  const traced = {
    database,
    broker: tracedBroker(broker, settings.broker, traceparent),
    marketData: tracedPrices(marketData, traceparent),
    runs: runs.through(database),
  };
  return Object.assign(Object.create(dependencies) as Dependencies, traced);
}

function tracedBroker(adapter: Broker, name: string, traceparent: string): Broker {
  const role = 'broker';
  const within = (span: string): Broker => adapter.within?.(span) ?? adapter;
  const traced = withSpans({ adapter, role, name, within }, traceparent);
  const { funding } = adapter;
  if (!funding) return traced;
  const fundingWithin = (span: string) => within(span).funding ?? funding;
  const parts = { adapter: funding, role, name, within: fundingWithin };
  return Object.assign(Object.create(traced) as Broker, {
    funding: withSpans(parts, traceparent),
  });
}

function tracedPrices(adapter: MarketData, traceparent: string): MarketData {
  return withSpans({ adapter, role: 'market-data', name: adapter.name }, traceparent);
}
