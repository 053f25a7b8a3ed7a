/** Which service runs on which board, according to `device.yaml` and `services.yaml`. */
import { portOffsets, serviceNames, type ServiceName } from '#shared/contract/names.ts';

/** A board as others reach it. */
export interface Device {
  readonly name: string;
  readonly roles: readonly DeviceRole[];
  /** Base address of its gateway, e.g. `https://state.home:8080`. */
  readonly gateway?: string | undefined;
  /** Name or address its gRPC ports listen on. */
  readonly facadeHost?: string | undefined;
  /** First of the seven. */
  readonly facadePortBase: number;
  /** Absolute path of the file with that board's trade token. */
  readonly tokenFile?: string | undefined;
}

export const deviceRoles = ['compute', 'state'] as const;
export type DeviceRole = (typeof deviceRoles)[number];

/** A service on another board, and how its calls are transported. */
export interface RemotePlace {
  readonly mode: 'remote';
  readonly service: ServiceName;
  readonly device: Device;
  readonly protocol: 'http' | 'grpc';
  /** A base address for http, `host:port` for gRPC. */
  readonly address: string;
  /** Shorter than the operations' own; for calls that answer once. */
  readonly timeoutMs: number | undefined;
  /** Repeats after the first attempt, where a repeat is safe. */
  readonly retries: number;
  readonly healthCheck: HealthCheck;
  /** Maximum age of the last good answer that is used while a board is unreachable; 0: never. */
  readonly staleMsMax: number;
}

export interface LocalPlace {
  readonly mode: 'local';
  readonly service: ServiceName;
}

export type Place = LocalPlace | RemotePlace;

export interface HealthCheck {
  /** Pause between polls of the board; 0: none, only calls show it. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
}

export interface BreakerRule {
  /** Consecutive calls without an answer after which the circuit breaker opens. */
  readonly failures: number;
  /** How long it stays open, until one call probes the board. */
  readonly pauseMs: number;
}

/** Plain data: worker threads get a copy. */
export interface Placement {
  /** This board's name. */
  readonly device: string;
  readonly places: Readonly<Record<ServiceName, Place>>;
  readonly breaker: BreakerRule;
}

export const BREAKER_USUAL: BreakerRule = { failures: 5, pauseMs: 10_000 };

/** One board with all services: the default without the two files. */
export const allLocal: Placement = {
  device: 'local',
  places: Object.fromEntries(
    serviceNames.map((service) => [service, { mode: 'local', service }]),
  ) as Record<ServiceName, Place>,
  breaker: BREAKER_USUAL,
};

/** This board's name; undefined where there is only one. */
export function boardOf(placement: Placement): string | undefined {
  return placement.device === allLocal.device ? undefined : placement.device;
}

export function isLocal({ places }: Placement, service: ServiceName): boolean {
  return places[service].mode === 'local';
}

export function remotePlaces({ places }: Placement): readonly RemotePlace[] {
  return Object.values(places).filter((place) => place.mode === 'remote');
}

/** The gRPC port of a service on a board whose ports begin at `base`. */
export function facadePort(base: number, service: ServiceName): number {
  return base + portOffsets[service];
}
