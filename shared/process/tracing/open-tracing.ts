/**
 * Begins to export spans where the standard variables of OpenTelemetry ask for it; the SDK is loaded only
 * then (docs/operate/traces.md). https://opentelemetry.io/docs/specs/otel/protocol/exporter/
 */
import { invalidRequest } from '#shared/kernel/failure.ts';
import { requireReadableEnvironment } from './exporter-environment.ts';
import type { Protocol } from './exporter.ts';
import type { Sampling } from './sampler.ts';
import { spanLimitsOf } from './span-limits.ts';
import { useTracer } from './tracing.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const PROTOCOLS: readonly string[] = ['http/protobuf', 'http/json', 'grpc'] satisfies Protocol[];
const ROOT_SAMPLERS: readonly string[] = [
  'always_on',
  'always_off',
  'traceidratio',
] satisfies Sampling['root'][];
const PARENT_BASED = 'parentbased_';
const SAMPLER_DEFAULT = `${PARENT_BASED}always_on`;
const PROTOCOL_DEFAULT = 'http/protobuf';

export interface Tracing {
  /** Sends the spans that have ended. */
  flush(): Promise<void>;
  /** Sends them, and ends. */
  close(): Promise<void>;
}

const UNTRACED: Tracing = { flush: () => Promise.resolve(), close: () => Promise.resolve() };

/**
 * @param serviceName `service.name` of the spans where OTEL_SERVICE_NAME is not set
 * @param board of several, by its name in DEVICE_FILE: attribute `trader.board`
 * @returns what is to be closed before the process ends
 * @throws Failure INVALID_REQUEST naming the variable whose value is none
 */
export async function openTracing(
  serviceName: string,
  env: Environment = process.env,
  board?: string,
): Promise<Tracing> {
  if (!isAskedFor(env)) return UNTRACED;
  const protocol = protocolOf(env);
  const sampling = samplingOf(env);
  requireReadableEnvironment(env);
  const { openSdkTracer } = await import('./sdk-tracer.ts');
  const limits = spanLimitsOf(env);
  const tracer = await openSdkTracer({ serviceName, board }, protocol, sampling, limits);
  useTracer(tracer);
  return {
    flush: () => tracer.flush(),
    close: async () => {
      useTracer();
      await tracer.close();
    },
  };
}

/** An endpoint, or `OTEL_TRACES_EXPORTER=otlp` for the collector at the default address. */
function isAskedFor(env: Environment): boolean {
  const exporter = valueOf(env, 'OTEL_TRACES_EXPORTER');
  if (valueOf(env, 'OTEL_SDK_DISABLED') === 'true' || exporter === 'none') return false;
  if (exporter !== undefined && exporter !== 'otlp')
    throw invalidRequest({ field: 'OTEL_TRACES_EXPORTER', message: 'otlp or none' });
  const endpoint =
    valueOf(env, 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ??
    valueOf(env, 'OTEL_EXPORTER_OTLP_ENDPOINT');
  return exporter === 'otlp' || endpoint !== undefined;
}

function protocolOf(env: Environment): Protocol {
  for (const field of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const given = valueOf(env, field);
    if (given === undefined) continue;
    if (!PROTOCOLS.includes(given))
      throw invalidRequest({ field, message: `one of ${PROTOCOLS.join(', ')}` });
    return given as Protocol;
  }
  return PROTOCOL_DEFAULT;
}

function samplingOf(env: Environment): Sampling {
  const field = 'OTEL_TRACES_SAMPLER';
  const named = valueOf(env, field) ?? SAMPLER_DEFAULT;
  const followsParent = named.startsWith(PARENT_BASED);
  const root = followsParent ? named.slice(PARENT_BASED.length) : named;
  if (!ROOT_SAMPLERS.includes(root)) {
    const message = `one of ${ROOT_SAMPLERS.join(', ')}, or ${PARENT_BASED} and one of them`;
    throw invalidRequest({ field, message });
  }
  return { root: root as Sampling['root'], keptRatio: keptRatioOf(env), followsParent };
}

function keptRatioOf(env: Environment): number {
  const field = 'OTEL_TRACES_SAMPLER_ARG';
  const kept = Number(valueOf(env, field) ?? 1);
  if (!(kept >= 0 && kept <= 1)) throw invalidRequest({ field, message: 'a share from 0 to 1' });
  return kept;
}

function valueOf(env: Environment, name: string): string | undefined {
  return env[name]?.trim() || undefined;
}
