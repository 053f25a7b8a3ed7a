/**
 * What a recorded call uses: each command of Redis, and each call of the broker and the source of prices, has a span. Each
 * part is made when it is asked for, as most calls use one.
 */
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
  readonly dependencies: Dependencies;
  readonly traceparent: string;
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

  /** @param dependencies the same, with what is counted for the operation */
  countedUse(dependencies: Dependencies, operation: string): Used {
    return new CountedUse(this, dependencies, operation);
  }

  /** @param until once the call is over reads fail with the signal's reason */
  countedDatabase({ database }: Dependencies, until?: ReadsUntil): Database {
    return database.within(this.traceparent, until);
  }
}

/** Spans of adapters lie below what is counted, so that what a recorded call uses counts as that of others. */
class CountedUse implements Used {
  private readonly traced: TracedUse;
  private readonly dependencies: Dependencies;
  private readonly operation: string;
  private ownDatabase: Database | undefined;
  private ownBroker: Broker | undefined;
  private ownPrices: MarketData | undefined;

  constructor(traced: TracedUse, dependencies: Dependencies, operation: string) {
    this.traced = traced;
    this.dependencies = dependencies;
    this.operation = operation;
  }

  get database(): Database {
    return (this.ownDatabase ??= this.traced.countedDatabase(this.dependencies));
  }

  get broker(): Broker {
    if (this.ownBroker) return this.ownBroker;
    const { dependencies, traceparent } = this.traced;
    const { broker, settings } = dependencies;
    const traced = tracedBroker(broker, settings.broker, traceparent);
    return (this.ownBroker = counted(traced, this.operation, 'broker'));
  }

  get marketData(): MarketData {
    if (this.ownPrices) return this.ownPrices;
    const { dependencies, traceparent } = this.traced;
    const traced = tracedPrices(dependencies.marketData, traceparent);
    return (this.ownPrices = counted(traced, this.operation, 'market-data'));
  }

  get functions(): Dependencies['functions'] {
    return this.dependencies.functions;
  }

  get runs(): Runs {
    return this.traced.runs;
  }
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
