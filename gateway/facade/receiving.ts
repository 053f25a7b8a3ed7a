/** The time a request has to arrive, and which connections have calls: around every call of a server. */
import {
  ServerInterceptingCall,
  type Metadata,
  type ServerInterceptingCallInterface,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { Failure } from '#shared/kernel/failure.ts';
import { limitTime, type TimeLimit } from '#template/limits/time-limits.ts';
import type { HeldConnections } from './held-connections.ts';
import { grpcStatusOf } from './failure-status.ts';

/** As at the gateway; grpc-js itself waits for the rest of a request without a limit. */
const ARRIVAL_MS_MAX = 60_000;

type Call = ServerInterceptingCallInterface;
type Listener = Parameters<Call['start']>[0];

export function receiving(
  connections: HeldConnections,
  arrivalMsMax = ARRIVAL_MS_MAX,
): ServerInterceptor {
  return (_method, call) => new ReceivedCall(call, connections, arrivalMsMax);
}

/**
 * Passes on what it gets; grpc-js' own listeners and responders would be objects of closures for each call. Once a call is
 * over it lets go of what listened.
 */
class ReceivedCall extends ServerInterceptingCall implements Listener {
  private readonly next: Call;
  private readonly connections: HeldConnections;
  private readonly arrival: TimeLimit;
  private listener: Listener | undefined;
  private endCall: (() => void) | undefined;

  constructor(next: Call, connections: HeldConnections, arrivalMsMax: number) {
    super(next);
    this.next = next;
    this.connections = connections;
    this.arrival = limitTime(arrivalMsMax, () => next.sendStatus(tooLate(arrivalMsMax)));
  }

  override start(listener: Listener): void {
    this.listener = listener;
    this.next.start(this);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.listener?.onReceiveMetadata(metadata);
  }

  onReceiveMessage(message: unknown): void {
    this.listener?.onReceiveMessage(message);
  }

  /** Of a call that was cancelled before it arrived whole nobody hears any more. */
  onReceiveHalfClose(): void {
    if (!this.listener) return;
    this.arrival.end();
    this.endCall = this.connections.begin(this.next.getPeer());
    this.listener.onReceiveHalfClose();
  }

  /** Called at the end of every call, of those that were answered too. */
  onCancel(): void {
    const { listener } = this;
    this.listener = undefined;
    this.end();
    listener?.onCancel();
  }

  override sendMetadata(metadata: Metadata): void {
    this.next.sendMetadata(metadata);
  }

  override sendMessage(message: unknown, sent: () => void): void {
    this.next.sendMessage(message, sent);
  }

  override sendStatus(status: Parameters<Call['sendStatus']>[0]): void {
    this.end();
    this.next.sendStatus(status);
  }

  private end(): void {
    this.arrival.end();
    this.endCall?.();
    this.endCall = undefined;
  }
}

function tooLate(arrivalMsMax: number) {
  const why = `The request did not arrive whole within ${arrivalMsMax / 1_000} s. Nothing was changed.`;
  const { code, details, metadata } = grpcStatusOf(new Failure('DEADLINE', why), randomUUID());
  return { code, details, metadata };
}
