/**
 * The running installation that a command asks: the gateway at GATEWAY_URL, or at GATEWAY_HOST and
 * GATEWAY_PORT, with the trade token of SECRETS_DIR, or of DATA_DIR.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FunctionsClient, type CallOptions } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import type { Operation, ResponseOf, WireRequestOf } from '#shared/contract/row.ts';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import { hostPort } from '#shared/process/loopback.ts';
import { parseSettings, type Settings } from '#shared/process/settings.ts';
import { terminalUser } from '#shared/process/terminal-user.ts';
import { hasGatewayTls } from '#shared/process/tls-settings.ts';
import { tokensIn } from '#shared/runtime/tokens.ts';

export type Ask = <O extends Operation>(
  operation: O,
  request: WireRequestOf<O>,
  options?: Pick<CallOptions, 'idempotencyKey'>,
) => Promise<ResponseOf<O>>;

/**
 * Calls an operation and waits for its answer.
 * @throws Failure as the operation answered, or UNAVAILABLE where nothing answers
 */
export function openInstallation(timeoutMs: number, settings = parseSettings(process.env)): Ask {
  const client = clientOf(settings);
  return async (operation, request, options) => {
    try {
      return await client.call(operation, request, {
        signal: AbortSignal.timeout(timeoutMs),
        requestId: randomUUID(),
        ...identity(),
        ...options,
      });
    } catch (thrown) {
      throw placed(thrown, settings);
    }
  };
}

/** Where nothing answers, the address says why: nothing was started, or something else is asked. */
function placed(thrown: unknown, settings: Settings): Failure {
  const failure = Failure.from(thrown);
  const isAway = failure.code === 'UNAVAILABLE' && /did not answer\.$/.test(failure.message);
  if (!isAway) return failure;
  return new Failure(
    failure.code,
    `${failure.message} It was called at ${gatewayUrl(settings)}; npm start runs the system there.`,
    failure.facts,
    failure.cause,
  );
}

/** Calls an operation that streams, and hands over each of its messages. */
export async function* followInstallation<O extends Operation>(
  operation: O,
  request: WireRequestOf<O>,
  signal: AbortSignal,
): AsyncGenerator<ResponseOf<O>> {
  const client = clientOf(parseSettings(process.env));
  yield* client.stream(operation, request, { signal, requestId: randomUUID(), ...identity() });
}

function identity() {
  return { caller: 'cli', actor: terminalUser() };
}

function clientOf(settings: Settings): FunctionsClient {
  const tokens = tokensIn(secretsDir(settings));
  const { grpcTlsCa } = settings;
  const url = gatewayUrl(settings);
  const ca = grpcTlsCa === undefined ? undefined : readFileSync(grpcTlsCa, 'utf8');
  return new FunctionsClient(httpTransport(url, () => tradeToken(tokens, settings), ca));
}

/** @throws Failure UNAVAILABLE saying where it was looked for: a person may stand in another folder */
function tradeToken(tokens: ReturnType<typeof tokensIn>, settings: Settings): string {
  try {
    return tokens.trade;
  } catch (thrown) {
    const { code, message } = Failure.from(thrown);
    throw new Failure(
      code,
      `${message} It is looked for in ${secretsDir(settings)}, where npm start puts it; ` +
        'DATA_DIR or SECRETS_DIR names another folder.',
    );
  }
}

/** Without a slash at its end. */
export function gatewayUrl(settings: Settings): string {
  const given = process.env['GATEWAY_URL'];
  if (given) return httpAddress(given).replace(/\/+$/, '');
  const { gatewayHost, gatewayPort } = settings;
  const scheme = hasGatewayTls(settings) ? 'https' : 'http';
  const host = ['0.0.0.0', '::'].includes(gatewayHost) ? 'localhost' : gatewayHost;
  return `${scheme}://${hostPort(host, gatewayPort)}`;
}

function httpAddress(text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  const message = `"${text}" is no http or https address`;
  throw invalidRequest({ field: '--url or GATEWAY_URL', message });
}

export function secretsDir({ dataDir }: Settings): string {
  return process.env['SECRETS_DIR'] || join(dataDir, 'function-secrets/openfaas-fn');
}
