/** A facade with TLS over real functions, and calls to it. */
import { Metadata, type ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';
import { connect } from 'node:tls';
import { PlanningServiceClient, type GetPlanResponse } from '#protos/gen/planning.ts';
import { openFacade, type Facade } from '#gateway/facade/facade.ts';
import { silentLog } from '#shared/process/log.ts';
import type { WatchedTls } from '#shared/process/watched-tls.ts';
import { inProcess } from '../host.ts';
import { openTestDependencies, startTestRedis } from '../dependencies.ts';

export interface TestFacades {
  open(tls: WatchedTls | undefined, host?: string): Promise<Facade>;
  /** Closes the facades it opened, and what they stand on. */
  close(): Promise<void>;
}

export async function openTestFacades(): Promise<TestFacades> {
  const redis = await startTestRedis();
  const host = inProcess();
  const dependencies = await openTestDependencies(redis, {}, { transport: host.transport });
  host.into(dependencies);
  const facades: Facade[] = [];
  return {
    open: async (tls, host) => {
      const { functions } = dependencies;
      const options = { portBase: 0, access: null, tls, functions, log: silentLog };
      const facade = await openFacade({ ...options, ...(host !== undefined && { host }) });
      facades.push(facade);
      return facade;
    },
    close: async () => {
      await Promise.all(facades.map((facade) => facade.close()));
      await dependencies.close();
      await redis.stop();
    },
  };
}

export function planningClient(
  facade: Facade,
  credentials: ChannelCredentials,
  options: ChannelOptions = {},
): PlanningServiceClient {
  const own = {
    // A connection of its own, so that each client shakes hands itself.
    'grpc.use_local_subchannel_pool': 1,
    // The name of the certificate; where localhost is an address of IPv6 alone, nobody listens there.
    'grpc.ssl_target_name_override': 'localhost',
    ...options,
  };
  return new PlanningServiceClient(`127.0.0.1:${facade.ports.planning}`, credentials, own);
}

/** A call with a known answer: this plan does not exist. */
export function callOnce(client: PlanningServiceClient): Promise<GetPlanResponse> {
  const deadline = Date.now() + 10_000;
  return new Promise((resolve, reject) => {
    client.getPlan({ planId: 'plan-none' }, new Metadata(), { deadline }, (error, answer) =>
      error ? reject(error) : resolve(answer),
    );
  });
}

/** Opens a client, calls once and closes it again. */
export async function tryOnce(
  facade: Facade,
  credentials: ChannelCredentials,
  options: ChannelOptions = {},
): Promise<GetPlanResponse> {
  const client = planningClient(facade, credentials, options);
  try {
    return await callOnce(client);
  } finally {
    client.close();
  }
}

/** The serial of the certificate that a new connection is shown. */
export function shownSerial(facade: Facade): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({
      host: '127.0.0.1',
      port: facade.ports.planning,
      ALPNProtocols: ['h2'],
      rejectUnauthorized: false,
    });
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the server closed during the handshake')));
    socket.once('secureConnect', () => {
      resolve(socket.getPeerCertificate().serialNumber.toLowerCase());
      socket.removeListener('error', reject);
      socket.on('error', () => undefined).destroy();
    });
  });
}
