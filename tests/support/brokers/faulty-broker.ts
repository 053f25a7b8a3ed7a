/** Wraps a broker and injects faults. Its log is the reference of the checks. */
import type {
  Broker,
  BrokerOrder,
  BrokerStatement,
  OrderInstruction,
  SimulatedFunding,
  SubmitOutcome,
} from '#shared/clients/broker/broker.ts';
import type { AccountId } from '#shared/kernel/identifiers.ts';
import { unavailable } from '#shared/kernel/failure.ts';

export type SubmitFault =
  | 'none'
  | 'accepts-then-throws'
  | 'throws-before-acting'
  /** Throws; the order reaches the broker only at `arrive`. */
  | 'appears-later'
  | 'accepts-then-answers-garbage'
  /** Acts, and answers only at `answer`. */
  | 'accepts-slowly';

export type QueryFault =
  'none' | 'throws' | 'garbage' | 'other-order' | 'fills-twice' | 'no-fills' | 'hides';

export class FaultyBroker implements Broker {
  readonly name = 'faulty';
  readonly simulated: boolean;
  readonly capabilities: Broker['capabilities'];
  readonly funding?: SimulatedFunding;
  submitFault: SubmitFault = 'none';
  queryFault: QueryFault = 'none';
  statementFails = false;
  /** Happens between the broker's acting and its answer. */
  onActed: () => Promise<void> = () => Promise.resolve();
  readonly received: string[] = [];
  readonly accepted: string[] = [];
  readonly cancelled: string[] = [];
  private readonly inner: Broker;
  private late: OrderInstruction[] = [];
  private release: () => void = () => undefined;

  constructor(inner: Broker, simulated = true) {
    this.inner = inner;
    this.capabilities = inner.capabilities;
    if (simulated && inner.funding) this.funding = inner.funding;
    this.simulated = simulated;
  }

  ping(signal: AbortSignal): Promise<void> {
    return this.inner.ping(signal);
  }

  async submit(order: OrderInstruction): Promise<SubmitOutcome> {
    const fault = this.submitFault;
    if (fault === 'throws-before-acting') throw unavailable('The broker');
    this.received.push(order.clientOrderId);
    if (fault === 'appears-later') {
      this.late.push(order);
      throw unavailable('The broker');
    }
    const outcome = await this.act(order);
    if (fault === 'accepts-then-throws') throw unavailable('The broker');
    if (fault === 'accepts-then-answers-garbage') return {} as SubmitOutcome;
    if (fault === 'accepts-slowly') await new Promise<void>((done) => (this.release = done));
    return outcome;
  }

  /** Delivers the delayed orders. */
  async arrive(): Promise<void> {
    for (const order of this.late.splice(0)) await this.act(order);
  }

  /** Lets a slow answer come. */
  answer(): void {
    this.release();
  }

  async cancel(account: AccountId, clientOrderId: string, signal: AbortSignal): Promise<void> {
    this.cancelled.push(clientOrderId);
    await this.inner.cancel(account, clientOrderId, signal);
  }

  async findOrder(
    account: AccountId,
    clientOrderId: string,
    signal: AbortSignal,
  ): Promise<BrokerOrder | undefined> {
    if (this.queryFault === 'throws') throw unavailable('The broker');
    if (this.queryFault === 'hides') return undefined;
    if (this.queryFault === 'garbage') return '<html>' as unknown as BrokerOrder;
    const order = await this.inner.findOrder(account, clientOrderId, signal);
    if (!order || this.queryFault === 'none') return order;
    if (this.queryFault === 'no-fills') return { ...order, fills: [] };
    if (this.queryFault === 'other-order') return { ...order, clientOrderId: '1999999999' };
    return { ...order, fills: [...order.fills, ...order.fills] };
  }

  async statement(account: AccountId, signal: AbortSignal): Promise<BrokerStatement> {
    if (this.statementFails) throw unavailable('The broker');
    return this.inner.statement(account, signal);
  }

  private async act(order: OrderInstruction): Promise<SubmitOutcome> {
    const outcome = await this.inner.submit(order, new AbortController().signal);
    if (outcome.kind === 'accepted') this.accepted.push(order.clientOrderId);
    await this.onActed();
    return outcome;
  }
}
