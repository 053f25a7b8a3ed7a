/** What the settings for gRPC mean together; each alone is parsed with the other settings. */
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
  /** Negative and no shared port: there is no facade, and no address it could give away. */
  readonly grpcPortBase?: number | undefined;
  readonly grpcSharedPort?: number | undefined;
}

/** @returns undefined without TLS */
export function tlsFilesOf(settings: TlsSettings): TlsFiles | undefined {
  const { grpcTlsCert: cert, grpcTlsKey: key, grpcTlsCa: ca } = settings;
  if (cert === undefined || key === undefined) return undefined;
  return { cert, key, ...(ca !== undefined && { ca }) };
}

/** Every complaint about the gRPC settings as a whole. */
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
  if (host !== undefined && (portBase >= 0 || sharedPort !== undefined))
    complaints.push(...hostComplaints(host, cert !== undefined || key !== undefined));
  return complaints;
}

/** Plain text never leaves the machine. */
export function hostComplaints(host: string, hasTls: boolean): FieldViolation[] {
  if (hasTls || isLoopback(host)) return [];
  const message =
    `"${host}" can be reached from other machines, and calls would cross the network in plain ` +
    `text; set ${tlsSettingOf.cert} and ${tlsSettingOf.key}, or listen on 127.0.0.1`;
  return [{ field: 'GRPC_HOST', message }];
}
