/**
 * Validates the TLS and address settings of gateway and facade together; each alone is parsed with
 * the other settings.
 */
import type { FieldViolation } from '#shared/kernel/failure.ts';
import { isLoopback } from './loopback.ts';

/** PEM files of a board. */
export interface TlsFiles {
  /** Its certificate, followed by those between it and the CA, if there are any. */
  readonly cert: string;
  readonly key: string;
  /** One CA or several; with it, callers must show a certificate of one of them. */
  readonly ca?: string;
}

/** The setting that names each file, for complaints that an owner can act on. */
export const tlsSettingOf = {
  cert: 'GRPC_TLS_CERT',
  key: 'GRPC_TLS_KEY',
  ca: 'GRPC_TLS_CA',
} as const satisfies Record<keyof TlsFiles, string>;

export interface TlsSettings {
  readonly grpcTlsCert?: string | undefined;
  readonly grpcTlsKey?: string | undefined;
  readonly grpcTlsCa?: string | undefined;
}

export interface ExposureSettings extends TlsSettings {
  readonly grpcHost?: string | undefined;
  /** Negative and no shared port: there is no facade, and so no exposed address. */
  readonly grpcPortBase?: number | undefined;
  readonly grpcSharedPort?: number | undefined;
  readonly gatewayHost?: string | undefined;
  readonly gatewayTls?: 'on' | 'off' | undefined;
  readonly gatewayExposure?: 'guarded' | 'container' | undefined;
  readonly readAccess?: 'open' | 'token' | undefined;
}

/**
 * Whether the gateway uses TLS: as set, else where it is reachable from outside and there are
 * files.
 */
export function hasGatewayTls(settings: ExposureSettings): boolean {
  const { gatewayTls, gatewayHost = '127.0.0.1' } = settings;
  if (gatewayTls !== undefined) return gatewayTls === 'on';
  return tlsFilesOf(settings) !== undefined && !isLoopback(gatewayHost);
}

/** @returns undefined without TLS */
export function tlsFilesOf(settings: TlsSettings): TlsFiles | undefined {
  const { grpcTlsCert: cert, grpcTlsKey: key, grpcTlsCa: ca } = settings;
  if (cert === undefined || key === undefined) return undefined;
  return { cert, key, ...(ca !== undefined && { ca }) };
}

/** Every complaint about these settings as a whole. */
export function exposureComplaints(settings: ExposureSettings): FieldViolation[] {
  const { grpcTlsCert: cert, grpcTlsKey: key, grpcTlsCa: ca } = settings;
  const complaints: FieldViolation[] = [];
  const needs = (field: string, because: string): void =>
    void complaints.push({ field, message: `is needed, because ${because} is set` });
  if (cert !== undefined && key === undefined) needs(tlsSettingOf.key, tlsSettingOf.cert);
  if (cert === undefined && key !== undefined) needs(tlsSettingOf.cert, tlsSettingOf.key);
  if (cert === undefined && key === undefined && ca !== undefined)
    needs(tlsSettingOf.cert, tlsSettingOf.ca);
  const { grpcHost: host, grpcPortBase: portBase = 0, grpcSharedPort: sharedPort } = settings;
  const isGuarded = cert !== undefined || key !== undefined || isPublishedOnLoopback(settings);
  if (host !== undefined && (portBase >= 0 || sharedPort !== undefined))
    complaints.push(...hostComplaints(host, isGuarded));
  return [...complaints, ...gatewayComplaints(settings)];
}

/**
 * Whether the addresses listened on are those of a container whose ports are published on loopback
 * only.
 */
export function isPublishedOnLoopback({ gatewayExposure }: ExposureSettings): boolean {
  return gatewayExposure === 'container';
}

/** A port reachable from outside uses TLS and requires a token. */
function gatewayComplaints(settings: ExposureSettings): FieldViolation[] {
  const { gatewayTls, gatewayHost: host = '127.0.0.1', readAccess } = settings;
  const { grpcTlsCert, grpcTlsKey } = settings;
  const hasFiles = grpcTlsCert !== undefined || grpcTlsKey !== undefined;
  const complaints: FieldViolation[] = [];
  if (gatewayTls === 'on' && !hasFiles)
    complaints.push({
      field: 'GATEWAY_TLS',
      message: `is on; that needs ${tlsSettingOf.cert} and ${tlsSettingOf.key}`,
    });
  if (isLoopback(host) || isPublishedOnLoopback(settings)) return complaints;
  const reached = `"${host}" can be reached from other machines`;
  if (!hasFiles || gatewayTls === 'off') {
    const needed = `${tlsSettingOf.cert}, ${tlsSettingOf.key} and GATEWAY_TLS other than off`;
    const message = `${reached}, and tokens would cross the network in plain text; set ${needed}, or listen on 127.0.0.1`;
    complaints.push({ field: 'GATEWAY_HOST', message });
  }
  if (readAccess !== 'token')
    complaints.push({
      field: 'READ_ACCESS',
      message: `is open, and GATEWAY_HOST ${reached}: every machine that does could read the portfolio; set it to token, or listen on 127.0.0.1`,
    });
  return complaints;
}

/** Plain text never leaves the machine. @param isGuarded by TLS, or by a container's port on loopback */
export function hostComplaints(host: string, isGuarded: boolean): FieldViolation[] {
  if (isGuarded || isLoopback(host)) return [];
  const message =
    `"${host}" can be reached from other machines, and calls would cross the network in plain ` +
    `text; set ${tlsSettingOf.cert} and ${tlsSettingOf.key}, or listen on 127.0.0.1`;
  return [{ field: 'GRPC_HOST', message }];
}
