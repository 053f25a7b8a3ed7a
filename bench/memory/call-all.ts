/** Each operation called once at a candidate, with a request that it really works on. */
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
