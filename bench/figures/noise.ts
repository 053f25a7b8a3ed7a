/** How much of a processor other work takes: what a fixed loop waits beside the time it is carried out. */
const LOOPS = 9;
const STEPS = 4_000_000;

/** More of the time spent waiting than this, and figures are not judged. */
export const NOISE_MAX_RATIO = 0.25;

/** @returns the median share of its own time that the loop waits, 0 on an idle machine */
export function waitingRatio(): number {
  const shares = Array.from({ length: LOOPS }, loop).sort((a, b) => a - b);
  return shares[LOOPS >> 1] ?? 0;
}

function loop(): number {
  const [began, cpu] = [performance.now(), process.cpuUsage()];
  let sum = 0;
  for (let i = 0; i < STEPS; i += 1) sum += Math.sqrt(i);
  const wallMs = performance.now() - began;
  const used = process.cpuUsage(cpu);
  const cpuMs = (used.user + used.system) / 1000;
  return sum > 0 ? Math.max(0, wallMs / cpuMs - 1) : 0;
}
