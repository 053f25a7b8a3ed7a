/** The command `trader`, against functions that run in the test's own process. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dependencies } from '#shared/runtime/context.ts';
import type { FunctionHandler } from '#template/function.ts';
import { endpointOf, listen } from './host.ts';
import { bareEnvironment } from './bare-environment.ts';

const PROGRAM = join(__dirname, '../../cli/trader.mjs');

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface TraderCommand {
  readonly run: (...parameters: string[]) => Promise<Ended>;
  close(): Promise<void>;
}

/** Serves every operation by its handler, and runs the command against it. */
export async function openTrader(
  dependencies: Dependencies,
  env: Readonly<Record<string, string>> = {},
): Promise<TraderCommand> {
  const secrets = await mkdtemp(join(tmpdir(), 'trader-secrets-'));
  await writeFile(join(secrets, 'trade-token'), 'a-token-of-a-test');
  const { server, url } = await listen(functionsOf(dependencies));
  const around = {
    ...bareEnvironment,
    SECRETS_DIR: secrets,
    GATEWAY_URL: url,
    ...env,
  };
  return {
    run: (...parameters) => ended(parameters, around),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(secrets, { recursive: true });
    },
  };
}

function functionsOf(dependencies: Dependencies): RequestListener {
  return (request, response) => {
    const name = (request.url ?? '').replace('/function/', '');
    const [service = '', ...operation] = name.split('-');
    const file = `../../functions/${service}/${operation.join('-')}/handler.ts`;
    request.url = '/';
    import(file).then(
      ({ default: handler }: { default: FunctionHandler }) =>
        endpointOf(handler, dependencies)(request, response),
      () => response.writeHead(404).end(),
    );
  };
}

function ended(parameters: readonly string[], env: Record<string, string>): Promise<Ended> {
  const child = spawn(process.execPath, [PROGRAM, ...parameters], { env });
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    return () => Buffer.concat(chunks).toString();
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) =>
      resolve({ status, stdout: stdout?.() ?? '', stderr: stderr?.() ?? '' }),
    );
  });
}
