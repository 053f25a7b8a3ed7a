/** Boards on one machine: each a program of its own, on ports nobody else has, with one Redis. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { credentials } from '@grpc/grpc-js';
import { stringify } from 'yaml';
import {
  openServiceClients,
  type ServiceClients,
  type ServiceClientsOptions,
} from '#shared/clients/grpc/service-clients.ts';
import { portOffsets, serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { present } from '#shared/kernel/assert.ts';
import { silentLog } from '#shared/process/log.ts';
import type { Program, Run } from '../../e2e/program.ts';
import { freePortsInRow } from '../free-port.ts';

export interface BoardPlan {
  readonly name: string;
  /** Services that run on it; the others run on the other board. */
  readonly has: readonly ServiceName[];
  readonly env?: Readonly<Record<string, string>>;
  /** The test starts it. */
  readonly isLate?: boolean;
}

export interface Split {
  readonly boards: readonly [BoardPlan] | readonly [BoardPlan, BoardPlan];
  readonly protocol: 'http' | 'grpc';
  /** Added to each remote service of each file. */
  readonly service?: Readonly<Record<string, unknown>>;
  readonly breaker?: { readonly failures: number; readonly pauseMs: number };
  readonly env?: Readonly<Record<string, string>>;
}

export interface Board {
  readonly name: string;
  readonly gatewayUrl: string;
  readonly tradeToken: string;
  readonly dataDir: string;
  /** The program as it runs now. */
  run(): Run;
  start(): void;
  /** Until it stays up and answers. */
  ready(): Promise<void>;
  /** Until its process is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>;
  clients(options?: Partial<ServiceClientsOptions>): ServiceClients;
}

export interface Boards {
  readonly boards: readonly [Board, ...Board[]];
  /** Writes the services files anew; boards read them when they start. */
  move(boards: Split['boards']): Promise<void>;
  close(): Promise<void>;
}

interface Ports {
  readonly gateway: number;
  readonly facadeBase: number;
}

export async function openBoards(
  program: Program,
  split: Split,
  redis: { readonly url: string; readonly prefix: string },
): Promise<Boards> {
  const folder = await mkdtemp(join(tmpdir(), 'trader-boards-'));
  const ports = new Map<string, Ports>();
  for (const { name } of split.boards) ports.set(name, await freePorts());
  const boards: Board[] = [];
  const opened: ServiceClients[] = [];
  for (const plan of split.boards) {
    const env = await writeBoard(folder, plan, split, ports);
    const redisOf = { REDIS_URL: redis.url, REDIS_KEY_PREFIX: redis.prefix };
    const shared = { ...redisOf, ...split.env, ...plan.env };
    boards.push(openBoard(program, plan.name, { ...env, ...shared }, portsOf(ports, plan), opened));
  }
  for (const [index, board] of boards.entries()) if (!split.boards[index]?.isLate) board.start();
  return {
    boards: boards as [Board, ...Board[]],
    move: async (plans) => {
      for (const plan of plans)
        await writeFile(
          servicesFileOf(folder, plan),
          stringify(servicesYaml(plan, { ...split, boards: plans })),
        );
    },
    close: async () => {
      for (const clients of opened) clients.close();
      await Promise.all(boards.map((board) => board.end('SIGTERM')));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function openBoard(
  program: Program,
  name: string,
  env: Readonly<Record<string, string>>,
  ports: Ports,
  opened: ServiceClients[],
): Board {
  let run: Run | undefined;
  const addresses = Object.fromEntries(
    serviceNames.map((one) => [one, `127.0.0.1:${ports.facadeBase + portOffsets[one]}`]),
  ) as Record<ServiceName, string>;
  return {
    name,
    gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
    tradeToken: tokenOf(name),
    dataDir: env['DATA_DIR'] ?? '',
    run: () => present(run, 'the board was started'),
    start: () => {
      // No orders before the test asks for them.
      run = program.start(['--dry-run'], { LOG_LEVEL: 'info', ...env });
    },
    ready: () => present(run, 'the board was started').says('Ctrl-C stops'),
    end: async (signal) => {
      if (!run) return;
      if (run.child.exitCode === null && run.child.signalCode === null) run.child.kill(signal);
      await run.ended;
    },
    clients: (options = {}) => {
      const insecure = credentials.createInsecure();
      const clients = openServiceClients({
        addresses,
        credentials: insecure,
        log: silentLog,
        device: name,
        ...options,
      });
      opened.push(clients);
      return clients;
    },
  };
}

function tokenOf(name: string): string {
  return `trade-token-of-${name}-for-tests`;
}

/** The board's folder with its two files and its trade token. @returns its environment */
async function writeBoard(
  folder: string,
  plan: BoardPlan,
  split: Split,
  ports: ReadonlyMap<string, Ports>,
): Promise<Record<string, string>> {
  const dataDir = join(folder, plan.name);
  const secrets = join(dataDir, 'function-secrets', 'openfaas-fn');
  await mkdir(secrets, { recursive: true, mode: 0o700 });
  await writeFile(join(secrets, 'trade-token'), `${tokenOf(plan.name)}\n`);
  const deviceFile = join(folder, `${plan.name}-device.yaml`);
  const servicesFile = servicesFileOf(folder, plan);
  await writeFile(deviceFile, stringify(deviceYaml(plan, split, ports)));
  await writeFile(servicesFile, stringify(servicesYaml(plan, split)));
  const { gateway, facadeBase } = portsOf(ports, plan);
  return {
    DATA_DIR: dataDir,
    DEVICE_FILE: deviceFile,
    SERVICES_FILE: servicesFile,
    GATEWAY_PORT: String(gateway),
    GATEWAY_METRICS_PORT: '0',
    GRPC_PORT_BASE: String(facadeBase),
    GRPC_LOOPBACK_ACCESS: 'trade',
  };
}

function servicesFileOf(folder: string, { name }: BoardPlan): string {
  return join(folder, `${name}-services.yaml`);
}

function deviceYaml(plan: BoardPlan, split: Split, ports: ReadonlyMap<string, Ports>) {
  const devices = split.boards.map((board, index) => {
    const { gateway, facadeBase } = portsOf(ports, board);
    const device = {
      roles: index === split.boards.length - 1 ? ['state'] : ['compute'],
      gateway: `http://127.0.0.1:${gateway}`,
      facade: { host: '127.0.0.1', portBase: facadeBase },
      tokenFile: `${board.name}/function-secrets/openfaas-fn/trade-token`,
    };
    return [board.name, device];
  });
  return { name: plan.name, devices: Object.fromEntries(devices) as Record<string, unknown> };
}

function servicesYaml(plan: BoardPlan, { boards, protocol, service, breaker }: Split) {
  const other = boards.find((board) => board.name !== plan.name)?.name;
  const services = serviceNames.map((name) => [
    name,
    plan.has.includes(name) || other === undefined
      ? { mode: 'local' }
      : { mode: 'remote', device: other, protocol, ...service },
  ]);
  return { services: Object.fromEntries(services) as unknown, ...(breaker && { breaker }) };
}

function portsOf(ports: ReadonlyMap<string, Ports>, { name }: BoardPlan): Ports {
  const found = ports.get(name);
  if (!found) throw new Error(`no ports for ${name}`);
  return found;
}

/** Of the gateway, and of the facade's services after it. */
async function freePorts(): Promise<Ports> {
  const gateway = await freePortsInRow(1 + serviceNames.length);
  return { gateway, facadeBase: gateway + 1 };
}
