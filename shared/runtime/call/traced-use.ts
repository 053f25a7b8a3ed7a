/** What a recorded call uses: each command of Redis, and each call of the broker and the source of prices, has a span. */
import type { Broker } from '#shared/clients/broker/broker.ts';
import type { MarketData } from '#shared/clients/market-data/market-data.ts';
import { withSpans } from '#shared/process/tracing/adapter-spans.ts';
import type { Database } from '#shared/redis/database.ts';
import type { ReadsUntil } from '#shared/redis/redis-spans.ts';
import type { Dependencies } from '../context.ts';
import type { Runs } from '../runs/runs.ts';
import { counted } from './counted-use.ts';

/** The dependencies through which a call may have effects, or has spans. */
export type Used = Pick<Dependencies, 'database' | 'broker' | 'marketData' | 'functions' | 'runs'>;

export class TracedUse {
  private readonly dependencies: Dependencies;
  private readonly traceparent: string;
  private ownDatabase: Database | undefined;
  private ownRuns: Runs | undefined;

  /** @param traceparent of the call's span */
  constructor(dependencies: Dependencies, traceparent: string) {
    this.dependencies = dependencies;
    this.traceparent = traceparent;
  }

  get database(): Database {
    return (this.ownDatabase ??= this.dependencies.database.within(this.traceparent));
  }

  get runs(): Runs {
    return (this.ownRuns ??= this.dependencies.runs.through(this.database));
  }

  /**
   * Spans of adapters lie below what is counted, so that what a recorded call uses counts as that of others.
   * @param own the same dependencies, with what is counted for the operation
   * @param until once the call is over reads fail with the signal's reason
   */
  countedUse(own: Dependencies, operation: string, until?: ReadsUntil): Used {
    const { dependencies, traceparent, runs } = this;
    const database = own.database.within(traceparent, until);
    const { functions } = own;
    const broker = tracedBroker(dependencies.broker, dependencies.settings.broker, traceparent);
    const marketData = tracedPrices(dependencies.marketData, traceparent);
    return {
      ...{ database, functions, runs },
      broker: counted(broker, operation, 'broker'),
      marketData: counted(marketData, operation, 'market-data'),
    };
  }
}

function tracedBroker(adapter: Broker, name: string, traceparent: string): Broker {
  const role = 'broker';
  const within = (span: string): Broker => adapter.within?.(span) ?? adapter;
  const { funding } = adapter;
  if (!funding) return withSpans({ adapter, role, name, within }, traceparent);
  const fundingWithin = (span: string) => within(span).funding ?? funding;
  const ofFunding = { adapter: funding, role, name, within: fundingWithin };
  const parts = { funding: withSpans(ofFunding, traceparent) };
  return withSpans({ adapter, role, name, within, parts }, traceparent);
}

function tracedPrices(adapter: MarketData, traceparent: string): MarketData {
  return withSpans({ adapter, role: 'market-data', name: adapter.name }, traceparent);
}
