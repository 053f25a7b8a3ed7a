/** Each operation called once at a candidate, with a request that it really works on. */
import { request } from 'node:http';
import { requireOperation } from '#shared/contract/catalogue.ts';
import { sampleSecurities } from '#shared/clients/market-data/sample/sample-listing.ts';
import { TOKEN, type Candidate } from './compared-servers.ts';
import { realCalls } from './operation-calls.ts';

/** @throws Error naming the operations that did not do their work */
export async function callAll(candidate: Candidate): Promise<void> {
  const isin = sampleSecurities[0]?.isin ?? '';
  const undone: string[] = [];
  for (const { operation, body, headers } of realCalls(isin, TOKEN)) {
    const response = await fetch(candidate.address(operation), { method: 'POST', body, headers });
    const text = await response.text();
    // A refusal in the words of the domain is an answer; one of the platform is not.
    const isAnswer = response.headers.get('content-type')?.startsWith('application/json');
    if (!isAnswer || !(response.ok || [403, 404, 409, 422].includes(response.status)))
      undone.push(`${operation.name}: ${response.status} ${text.slice(0, 300)}`);
  }
  if (undone.length > 0) throw new Error(undone.join('\n'));
}

const CYCLE = 'gateway-trigger-trading-cycle';

/** A dry trading cycle alone, with all that it calls; it may take longer than fetch waits for an answer. @throws Error with what it said */
export async function callCycle(candidate: Candidate): Promise<void> {
  const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
  const address = candidate.address(requireOperation(CYCLE));
  const { status, text } = await new Promise<{ status: number; text: string }>(
    (resolve, reject) => {
      const sent = request(address, { method: 'POST', headers }, (answered) => {
        let text = '';
        answered.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answered.once('end', () => resolve({ status: answered.statusCode ?? 0, text }));
        answered.once('error', reject);
      });
      sent.once('error', reject);
      sent.end(JSON.stringify({ dryRun: true }));
    },
  );
  if (status !== 200) throw new Error(`${CYCLE}: ${status} ${text.slice(0, 300)}`);
}
