/** The signature of a call to Tradernet: HMAC-SHA256 over the exact bytes sent and the time. */
import { createHmac } from 'node:crypto';

/**
 * @internal
 * @param timestamp unix seconds, as sent in X-NtApi-Timestamp
 */
export function signature(privateKey: string, body: string, timestamp: string): string {
  return createHmac('sha256', privateKey).update(`${body}${timestamp}`).digest('hex');
}

export function signedHeaders(
  keys: { readonly publicKey: string; readonly privateKey: string },
  body: string,
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  return {
    'Content-Type': 'application/json',
    'X-NtApi-PublicKey': keys.publicKey,
    'X-NtApi-Timestamp': timestamp,
    'X-NtApi-Sig': signature(keys.privateKey, body, timestamp),
  };
}
