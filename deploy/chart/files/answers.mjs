// Run by `helm test` in a pod of the release: exit code 0 where gateway, a function with Redis behind it, and facade answer.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const { GATEWAY_URL, FACADE, FUNCTION } = process.env;
const FACADE_PORT = Number(process.env.FACADE_PORT ?? 50051);
const token = readFileSync(
  process.env.TOKEN_FILE ?? '/var/openfaas/secrets/read-token',
  'utf8',
).trim();

async function answers(path, init) {
  const signal = AbortSignal.timeout(20_000);
  const answer = await fetch(`${GATEWAY_URL}${path}`, { ...init, signal });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
}

const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
await answers('/healthz');
await answers(`/function/${FUNCTION}`, { method: 'POST', headers, body: '{}' });
await new Promise((resolve, reject) => {
  const socket = connect(FACADE_PORT, FACADE, () => resolve(socket.destroy()));
  socket.once('error', reject);
});
console.log('gateway, functions with Redis, and facade answer');
