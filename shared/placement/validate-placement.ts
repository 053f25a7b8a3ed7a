/** Combines the two files: the placement, or all of its errors. */
import { dirname, resolve } from 'node:path';
import type { FieldViolation } from '#shared/kernel/failure.ts';
import { serviceNames, type ServiceName } from '#shared/contract/names.ts';
import { hostPort, isLoopback } from '#shared/process/loopback.ts';
import { facadePort, type Device, type Place, type Placement } from './placement.ts';
import type { DeviceFile, DeviceRow, ServiceRow, ServicesFile } from './placement-schemas.ts';

/** Both files as parsed, each with the path it was read from. */
export interface PlacementFiles {
  readonly device: { readonly path: string; readonly content: DeviceFile };
  readonly services: { readonly path: string; readonly content: ServicesFile };
}

/** Facts from the settings: whether there are certificates, and a Redis that boards can share. */
export interface PlacementEnvironment {
  readonly hasTls: boolean;
  readonly redisUrl: string | undefined;
}

type Complain = (file: 'device' | 'services', path: string, message: string) => undefined;

export function validatePlacement(
  files: PlacementFiles,
  around: PlacementEnvironment,
  complaints: FieldViolation[],
): Placement {
  const complain: Complain = (file, path, message) =>
    void complaints.push({ field: `${files[file].path}: ${path}`, message });
  const { name } = files.device.content;
  const devices = validateDevices(files, complain);
  const rows = files.services.content.services;
  // A service with an error counts as local until all errors are thrown.
  const places = serviceNames.map((service) => [
    service,
    validateService(service, rows[service], { files, devices, around, complain }) ??
      ({ mode: 'local', service } as const),
  ]);
  const isSplit = serviceNames.some((service) => rows[service].mode === 'remote');
  if (isSplit && around.redisUrl === undefined)
    complaints.push({
      field: 'REDIS_URL',
      message: `is needed, because ${files.services.path} puts services on another board, and all boards share one Redis`,
    });
  const { breaker } = files.services.content;
  return { device: name, places: Object.fromEntries(places) as Placement['places'], breaker };
}

function validateDevices({ device }: PlacementFiles, complain: Complain): Map<string, Device> {
  const { name, devices } = device.content;
  if (!(name in devices))
    complain('device', 'name', `"${name}" is not among the devices (${names(devices)})`);
  const stateful = Object.entries(devices).filter(([, row]) => row.roles.includes('state'));
  if (stateful.length !== 1)
    complain('device', 'devices', `exactly one has the role state; here ${stateful.length} have`);
  return new Map(
    Object.entries(devices).map(([key, row]) => [key, deviceOf(key, row, dirname(device.path))]),
  );
}

function deviceOf(name: string, row: DeviceRow, folder: string): Device {
  return {
    name,
    roles: row.roles,
    gateway: row.gateway,
    facadeHost: row.facade?.host,
    facadePortBase: row.facade?.portBase ?? 0,
    ...(row.tokenFile !== undefined && { tokenFile: resolve(folder, row.tokenFile) }),
  };
}

interface Validation {
  readonly files: PlacementFiles;
  readonly devices: ReadonlyMap<string, Device>;
  readonly around: PlacementEnvironment;
  readonly complain: Complain;
}

function validateService(
  service: ServiceName,
  row: ServiceRow,
  validation: Validation,
): Place | undefined {
  if (row.mode === 'local') return { mode: 'local', service };
  const { files, devices, complain } = validation;
  const path = `services.${service}`;
  if (row.device === undefined)
    return complain('services', `${path}.device`, 'is needed, because the mode is remote');
  const device = devices.get(row.device);
  if (!device) {
    const known = names(files.device.content.devices);
    return complain(
      'services',
      `${path}.device`,
      `"${row.device}" is not among the devices of ${files.device.path} (${known})`,
    );
  }
  if (device.name === files.device.content.name)
    return complain('services', `${path}.device`, `is this board; its mode is local`);
  const address = row.protocol === 'http' ? httpAddress(device, row) : grpcAddress(device, row);
  if (address === undefined) {
    const requested = row.protocol === 'http' ? 'gateway' : 'facade';
    const because = `is needed, because ${service} is reached there over ${row.protocol}`;
    return complain('device', `devices.${device.name}.${requested}`, because);
  }
  validateSafety(device, row, validation);
  const { protocol, timeoutMs, retries, healthCheck, staleMsMax } = row;
  const rest = { timeoutMs, retries, healthCheck, staleMsMax };
  return { mode: 'remote', service, device, protocol, address: address(service), ...rest };
}

type AddressOf = ((service: ServiceName) => string) | undefined;

function httpAddress({ gateway }: Device, { port }: ServiceRow): AddressOf {
  if (gateway === undefined) return undefined;
  if (port === undefined) return () => gateway;
  const url = new URL(gateway);
  url.port = String(port);
  return () => url.origin;
}

function grpcAddress({ facadeHost, facadePortBase }: Device, { port }: ServiceRow): AddressOf {
  if (facadeHost === undefined) return undefined;
  return (service) => hostPort(facadeHost, port ?? facadePort(facadePortBase, service));
}

/** Tokens and orders leave this machine only where their protection is configured. */
function validateSafety(
  device: Device,
  row: ServiceRow,
  { files, around, complain }: Validation,
): void {
  const path = `devices.${device.name}`;
  const { allowPlainText } = files.device.content.devices[device.name] ?? {};
  if (row.protocol === 'grpc') {
    if (!around.hasTls && !isLoopback(device.facadeHost ?? ''))
      complain('device', `${path}.facade.host`, 'is another machine: gRPC needs GRPC_TLS_CERT');
    return;
  }
  if (device.tokenFile === undefined)
    complain('device', `${path}.tokenFile`, 'is needed: its gateway asks for the trade token');
  const { protocol, hostname } = new URL(device.gateway ?? 'https://unknown');
  if (protocol === 'http:' && !isLoopback(hostname) && !allowPlainText)
    complain(
      'device',
      `${path}.gateway`,
      'would carry the token in plain text; use https, or gRPC with TLS, or say allowPlainText: true',
    );
}

function names(record: Readonly<Record<string, unknown>>): string {
  return Object.keys(record).join(', ');
}
