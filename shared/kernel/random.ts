/** Seeded random numbers, always passed in as an argument. */

/** Uniform in [0, 1). */
export type Random = () => number;

/** sfc32 (Chris Doty-Humphrey, PractRand), seeded from text by FNV-1a and warmed up. */
export function seededRandom(seed: string | number): Random {
  let [a, b, c, d] = [0x9e3779b9, 0x243f6a88, fnv1a(String(seed)), 1];
  const next = (): number => {
    const t = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return (t >>> 0) / 4294967296;
  };
  for (let i = 0; i < 15; i += 1) next();
  return next;
}

/** Standard normal, by Box and Muller (1958). */
export function normal(random: Random): number {
  const u = 1 - random();
  return Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * random());
}

export function integerBelow(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
