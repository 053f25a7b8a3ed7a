/** The gateway with TLS: its certificate, a new one while it runs, and callers on this machine. */
import { copyFile } from 'node:fs/promises';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { connect, type TLSSocket } from 'node:tls';
import { FunctionsClient } from '#shared/clients/functions-client.ts';
import { httpTransport } from '#shared/clients/http-transport.ts';
import { portfolio } from '#shared/contract/portfolio.ts';
import { Failure } from '#shared/kernel/failure.ts';
import { silentLog } from '#shared/process/log.ts';
import { WatchedTls } from '#shared/process/watched-tls.ts';
import {
  openCertificates,
  today,
  type TestCertificates,
} from '../../../support/endpoints/test-certificates.ts';
import { openFixtures } from '../fixtures.ts';

let certificates: TestCertificates;
let tls: WatchedTls;
let ca: string;
let runtime: Awaited<ReturnType<typeof openFixtures>>;

beforeAll(async () => {
  certificates = await openCertificates();
  const { store, dir } = certificates;
  for (const board of ['board-1', 'board-2']) await store.issue({ name: board, sans: [] }, today());
  const shown = { cert: join(dir, 'cert.pem'), key: join(dir, 'key.pem') };
  await show('board-1');
  ca = readFileSync(certificates.filesOf('board-1').ca, 'utf8');
  tls = await WatchedTls.open(
    { ...shown, ca: certificates.filesOf('board-1').ca },
    { log: silentLog },
  );
  const handler = () => ({
    status: 200,
    body: '{}',
    headers: { 'content-type': 'application/json' },
  });
  runtime = await openFixtures({ 'portfolio-get-summary': { handler } }, { tls, metricsPort: 0 });
});
afterAll(async () => {
  await runtime.close(100);
  tls.close();
  await certificates.remove();
});

async function show(board: string): Promise<void> {
  const { cert, key } = certificates.filesOf(board);
  await copyFile(cert, join(certificates.dir, 'cert.pem'));
  await copyFile(key, join(certificates.dir, 'key.pem'));
}

function statusOf(url: string, options: RequestOptions = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = httpsRequest(url, { ca, agent: false, ...options }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode ?? 0));
    });
    sent.once('error', reject).end();
  });
}

function shownSerial(): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ host: '127.0.0.1', port: runtime.port, ca }, () => {
      resolve(socket.getPeerCertificate().serialNumber);
      socket.destroy();
    }).once('error', reject);
  });
}

test('it serves clients that trust the CA, on both ports, without a client certificate', async () => {
  expect(runtime.url).toMatch(/^https:/);
  expect(await statusOf(`${runtime.url}/healthz`)).toBe(200);
  expect(await statusOf(`${runtime.metricsUrl}/healthz`)).toBe(200);
  await expect(statusOf(`${runtime.url}/healthz`, { ca: undefined })).rejects.toThrow(
    /verify|self/,
  );
});

test('plain HTTP and a foreign Host are refused there', async () => {
  await expect(fetch(runtime.url.replace('https', 'http'))).rejects.toThrow();
  const foreign = { servername: 'localhost', headers: { host: 'evil.example' } };
  expect(await statusOf(`${runtime.url}/healthz`, foreign)).toBe(421);
});

test('our client calls with the CA, and refuses without it', async () => {
  const call = (trusted?: string) =>
    new FunctionsClient(httpTransport(runtime.url, '', trusted)).call(
      portfolio.getSummary,
      {},
      {
        signal: new AbortController().signal,
        requestId: 'r-1',
      },
    );
  await expect(call(ca)).resolves.toBeDefined();
  const refused: unknown = await call().catch((thrown: unknown) => thrown);
  expect(Failure.from(refused).code).toBe('UNAVAILABLE');
});

test('callers on this machine need no certificate', async () => {
  expect(runtime.localUrl).toMatch(/^http:\/\/127\.0\.0\.1:/);
  expect((await fetch(`${runtime.localUrl}/healthz`)).status).toBe(200);
});

test('a new certificate is shown to new connections, without a restart', async () => {
  const before = await shownSerial();
  await show('board-2');
  await tls.refresh();
  const after = await shownSerial();
  expect(after).not.toBe(before);
  expect(after.toLowerCase()).toBe(tls.current.serial.toLowerCase());
});
