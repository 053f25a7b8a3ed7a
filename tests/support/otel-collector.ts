/** A real collector of OpenTelemetry before a receiver of the test: it takes OTLP, decodes it, and sends it on. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { freePort } from './free-port.ts';

const program = process.env['OTELCOL'] ?? 'otelcol';

/** Why none can be started here. */
export const withoutCollector = spawnSync(program, ['--version']).error
  ? 'no collector of OpenTelemetry; OTELCOL names one with otlp and otlphttp (go.opentelemetry.io/collector/cmd/builder)'
  : undefined;

export interface OtelCollector {
  readonly httpUrl: string;
  readonly grpcUrl: string;
  /** Sends what it still has, and ends. */
  close(): Promise<void>;
}

/** @param target base address of what it sends to, over HTTP */
export async function openCollector(target: string): Promise<OtelCollector> {
  const folder = await mkdtemp(join(tmpdir(), 'trader-otelcol-'));
  const [http, grpc] = [await freePort(), await freePort()];
  const file = join(folder, 'config.yaml');
  await writeFile(file, stringify(configOf(http, grpc, target)));
  const child = spawn(program, ['--config', file], { stdio: 'ignore' });
  const ended = once(child, 'close');
  const isReady = async () => (await answers(http)) && (await answers(grpc));
  while (child.exitCode === null && !(await isReady())) await sleep(50);
  return {
    httpUrl: `http://127.0.0.1:${http}`,
    grpcUrl: `http://127.0.0.1:${grpc}`,
    close: async () => {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function configOf(http: number, grpc: number, target: string): object {
  const protocols = {
    http: { endpoint: `127.0.0.1:${http}` },
    grpc: { endpoint: `127.0.0.1:${grpc}` },
  };
  const traces = { receivers: ['otlp'], exporters: ['otlp_http'] };
  return {
    receivers: { otlp: { protocols } },
    exporters: { otlp_http: { endpoint: target, compression: 'none' } },
    service: { telemetry: { metrics: { level: 'none' } }, pipelines: { traces } },
  };
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (isThere: boolean) => (): void => {
      socket.destroy();
      resolve(isThere);
    };
    socket.once('connect', end(true)).once('error', end(false));
  });
}
