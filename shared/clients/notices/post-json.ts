/** A POST of JSON to a service of notices, and what its status means. */
import { Failure } from '#shared/kernel/failure.ts';

export interface PostedAnswer {
  readonly status: number;
  readonly body: string;
  readonly retryAfterMs: number | undefined;
}

/** @throws Failure UNAVAILABLE where nobody answers */
export async function postText(
  url: string,
  body: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<PostedAnswer> {
  const init = { method: 'POST', body, signal, redirect: 'error' as const };
  const answer = await fetch(url, {
    ...init,
    headers: { 'content-type': 'application/json', ...headers },
  }).catch((cause: unknown) => {
    throw new Failure('UNAVAILABLE', `${new URL(url).host} did not answer.`, {}, cause);
  });
  const seconds = Number(answer.headers.get('retry-after'));
  const retryAfterMs = seconds > 0 ? seconds * 1000 : undefined;
  return { status: answer.status, body: await answer.text(), retryAfterMs };
}

/** Later for what is busy or broken; never again for what was refused. @throws Failure */
export function requireTaken(service: string, { status, retryAfterMs }: PostedAnswer): void {
  if (status >= 200 && status < 300) return;
  const facts = { status, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (status === 429 || status >= 500)
    throw new Failure('UNAVAILABLE', `${service} answered ${status}.`, facts);
  throw new Failure('REFUSED', `${service} refused it with ${status}.`, {
    rule: 'notice-refused',
    ...facts,
  });
}
