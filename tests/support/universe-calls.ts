/** Calling the universe's operations as their connector and their callers do. */
import supertest from 'supertest';
import type { DailyBar, MarketData } from '#shared/clients/market-data/market-data.ts';
import type { Failure } from '#shared/kernel/failure.ts';
import type { Isin } from '#shared/kernel/isin.ts';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { OperationHandler } from '#shared/runtime/handle.ts';
import { endpointOf } from './host.ts';

/** Runs a queued, streaming operation as the connector does. @returns every message */
export async function streamed<Message>(
  handler: OperationHandler,
  dependencies: Dependencies,
  body: object,
): Promise<Message[]> {
  const answer = await supertest(endpointOf(handler, dependencies))
    .post('/')
    .set('x-run-id', 'run-1')
    .set('accept', 'application/x-ndjson')
    .buffer(true)
    .parse((response, done) => {
      let text = '';
      response.on('data', (chunk: Buffer) => (text += chunk.toString()));
      response.on('end', () => done(null, text));
    })
    .send(body);
  const lines = (answer.body as string).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Message);
}

/** A source like another, of which a test bends single answers; it counts what it is asked. */
export class BentMarketData implements MarketData {
  readonly name = 'bent';
  readonly simulated = true;
  readonly benchmark: Isin | undefined;
  /** Days from which bars were asked for, by ISIN. */
  readonly asked = new Map<Isin, string[]>();
  readonly failing = new Map<Isin, Failure>();
  readonly bend = new Map<Isin, (bars: readonly DailyBar[]) => readonly DailyBar[]>();
  ratesKnown = true;
  private readonly straight: MarketData;

  constructor(straight: MarketData) {
    this.straight = straight;
    this.benchmark = straight.benchmark;
  }

  ping(...args: Parameters<MarketData['ping']>): Promise<void> {
    return this.straight.ping(...args);
  }

  listing(...args: Parameters<MarketData['listing']>) {
    return this.straight.listing(...args);
  }

  async bars(...args: Parameters<MarketData['bars']>): Promise<readonly DailyBar[]> {
    const [isin, from] = args;
    this.asked.set(isin, [...(this.asked.get(isin) ?? []), from]);
    this.throwFor(isin);
    const bars = await this.straight.bars(...args);
    return this.bend.get(isin)?.(bars) ?? bars;
  }

  async fundamentals(...args: Parameters<MarketData['fundamentals']>) {
    this.asked.set(args[0], [...(this.asked.get(args[0]) ?? []), 'fundamentals']);
    this.throwFor(args[0]);
    return this.straight.fundamentals(...args);
  }

  async rates(...args: Parameters<MarketData['rates']>) {
    return this.ratesKnown ? this.straight.rates(...args) : [];
  }

  session(...args: Parameters<MarketData['session']>) {
    return this.straight.session(...args);
  }

  today(...args: Parameters<MarketData['today']>) {
    return this.straight.today(...args);
  }

  private throwFor(isin: Isin): void {
    const failure = this.failing.get(isin);
    if (failure) throw failure;
  }
}
