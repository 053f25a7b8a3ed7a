/** What the two halves of the suite share: how many points, and how a report is read. */
import { startTestRedis } from '../support/dependencies.ts';
import { isOfTheLiving } from './fault-plane.ts';
import { simulate, type Report } from './simulate.ts';

export const SEED = process.env['SIMULATION_SEED'] ?? 'simulation-1';
/** A part of each round; `npm run soak -- crash` takes the whole. */
export const POINTS_EACH = 900;
/** So that the points spread over all effects and mishaps of a round. */
const STRIDE = 10;

export async function half(from: number): Promise<Report & { readonly unhandled: number }> {
  let unhandled = 0;
  const note = (reason: unknown): void => void (unhandled += isOfTheLiving(reason) ? 1 : 0);
  process.on('unhandledRejection', note);
  const redis = await startTestRedis();
  try {
    const socket = redis.url.slice('unix://'.length);
    return {
      ...(await simulate(socket, { seed: SEED, from, count: POINTS_EACH, stride: STRIDE })),
      unhandled,
    };
  } finally {
    await redis.stop();
    process.off('unhandledRejection', note);
  }
}

export function countsText({ points, violations }: Report): string {
  const counts = Object.entries(points).map(([kind, count]) => `${kind} ${count}`);
  return `seed ${SEED}: ${counts.join(', ')}; violations ${violations.length}`;
}
