/** The time a request has to arrive, and which connections have calls: around every call of a server. */
import {
  ServerInterceptingCall,
  ServerListenerBuilder,
  ResponderBuilder,
  type ServerInterceptor,
} from '@grpc/grpc-js';
import { randomUUID } from 'node:crypto';
import { Failure } from '#shared/kernel/failure.ts';
import type { HeldConnections } from './held-connections.ts';
import { grpcStatusOf } from './failure-status.ts';

/** As at the gateway; grpc-js itself waits for the rest of a request without a limit. */
const ARRIVAL_MS_MAX = 60_000;

export function receiving(
  connections: HeldConnections,
  arrivalMsMax = ARRIVAL_MS_MAX,
): ServerInterceptor {
  return (_method, call) => {
    let endCall = (): void => undefined;
    const end = (): void => {
      clearTimeout(timer);
      endCall();
      endCall = () => undefined;
    };
    const late = (): void => call.sendStatus(tooLate(arrivalMsMax));
    const timer = setTimeout(late, arrivalMsMax).unref();
    const listener = new ServerListenerBuilder()
      .withOnReceiveHalfClose((next) => {
        clearTimeout(timer);
        endCall = connections.begin(call.getPeer());
        next();
      })
      .withOnCancel(end)
      .build();
    const responder = new ResponderBuilder()
      .withStart((next) => next(listener))
      .withSendStatus((status, next) => {
        end();
        next(status);
      })
      .build();
    return new ServerInterceptingCall(call, responder);
  };
}

function tooLate(arrivalMsMax: number) {
  const why = `The request did not arrive whole within ${arrivalMsMax / 1_000} s. Nothing was changed.`;
  const { code, details, metadata } = grpcStatusOf(new Failure('DEADLINE', why), randomUUID());
  return { code, details, metadata };
}
