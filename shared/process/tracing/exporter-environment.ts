/**
 * Whether the variables that the SDK reads itself can be read. It takes its default for a value that cannot, and says so
 * only to a logger of its own. https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
import { accessSync, constants } from 'node:fs';
import { invalidRequest } from '#shared/kernel/failure.ts';

interface Rule {
  readonly names: readonly string[];
  readonly isValid: (value: string) => boolean;
  readonly message: string;
}

const OTLP = ['OTEL_EXPORTER_OTLP_TRACES_', 'OTEL_EXPORTER_OTLP_'];

const rules: readonly Rule[] = [
  {
    names: otlp('ENDPOINT'),
    isValid: isAddress,
    message: 'an address such as http://127.0.0.1:4318',
  },
  {
    names: [...otlp('TIMEOUT'), 'OTEL_BSP_EXPORT_TIMEOUT'],
    isValid: (value) => Number.isFinite(Number(value)) && Number(value) > 0,
    message: 'milliseconds, above 0',
  },
  {
    names: ['OTEL_BSP_SCHEDULE_DELAY'],
    isValid: isCount,
    message: 'milliseconds, a whole number',
  },
  {
    names: otlp('COMPRESSION'),
    isValid: (value) => value === 'gzip' || value === 'none',
    message: 'gzip or none',
  },
  {
    names: otlp('CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'),
    isValid: isReadable,
    message: 'a file that can be read',
  },
  {
    names: [...otlp('HEADERS'), 'OTEL_RESOURCE_ATTRIBUTES'],
    isValid: (value) => value.split(',').every((pair) => /^\s*(?:[^=\s]+\s*=.*)?$/.test(pair)),
    message: 'name=value, several with commas between them',
  },
  {
    names: ['OTEL_BSP_MAX_QUEUE_SIZE', 'OTEL_BSP_MAX_EXPORT_BATCH_SIZE'],
    isValid: (value) => isCount(value) && Number(value) > 0,
    message: 'a whole number above 0',
  },
  {
    names: [
      'OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT',
      'OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT',
      'OTEL_SPAN_EVENT_COUNT_LIMIT',
      'OTEL_SPAN_LINK_COUNT_LIMIT',
      'OTEL_ATTRIBUTE_COUNT_LIMIT',
      'OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT',
    ],
    isValid: isCount,
    message: 'a whole number',
  },
];

/** @throws Failure INVALID_REQUEST naming each variable whose value cannot be read; values may be secrets, and are not said */
export function requireReadableEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): void {
  const violations = rules.flatMap(({ names, isValid, message }) =>
    names
      .filter((field) => env[field]?.trim() && !isValid(env[field].trim()))
      .map((field) => ({ field, message })),
  );
  if (violations.length > 0) throw invalidRequest(...violations);
}

function otlp(...endings: readonly string[]): string[] {
  return endings.flatMap((ending) => OTLP.map((prefix) => `${prefix}${ending}`));
}

/** For gRPC an address may be without its scheme. */
function isAddress(value: string): boolean {
  if (/^[^\s/:]+:\d+$/.test(value)) return true;
  return URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}

function isCount(value: string): boolean {
  return /^\d+$/.test(value);
}

function isReadable(file: string): boolean {
  try {
    accessSync(file, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}
