/** Cumulative normal and Student distributions, to about the last digits of a double. */

const SQRT_2_PI = Math.sqrt(2 * Math.PI);
/** From here out the tail is a continued fraction; nearer in a series loses nothing. */
const TAIL = 4;

export function normalDensity(x: number): number {
  return Math.exp((-x * x) / 2) / SQRT_2_PI;
}

/** Series of Marsaglia (2004), "Evaluating the Normal Distribution"; Laplace's fraction in the tails. */
export function normalCumulative(x: number): number {
  if (Number.isNaN(x)) return NaN;
  if (x > TAIL) return 1 - upperTail(x);
  if (x < -TAIL) return upperTail(-x);
  let [term, total] = [x, x];
  for (let i = 3; Math.abs(term) > Math.abs(total) * 1e-18 && i < 400; i += 2) {
    term *= (x * x) / i;
    total += term;
  }
  return 0.5 + total * normalDensity(x);
}

/**
 * Where the normal distribution has a share below it: the start of Abramowitz & Stegun 26.2.23,
 * made exact by Halley's steps on the distribution itself.
 */
export function normalQuantile(share: number): number {
  if (!(share > 0 && share < 1)) return share === 0 ? -Infinity : share === 1 ? Infinity : NaN;
  if (share > 0.5) return -normalQuantile(1 - share);
  const t = Math.sqrt(-2 * Math.log(share));
  let x =
    (2.515517 + t * (0.802853 + t * 0.010328)) /
      (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) -
    t;
  for (let i = 0; i < 4; i += 1) {
    const step = (normalCumulative(x) - share) / normalDensity(x);
    x -= step / (1 + (x * step) / 2);
  }
  return x;
}

/** Student's t: through the incomplete beta function (Press et al., Numerical Recipes 6.4). */
export function studentCumulative(t: number, degrees: number): number {
  if (!(degrees > 0) || Number.isNaN(t)) return NaN;
  const tail = incompleteBeta(degrees / (degrees + t * t), degrees / 2, 0.5) / 2;
  return t > 0 ? 1 - tail : tail;
}

function upperTail(x: number): number {
  let fraction = 0;
  for (let i = 200; i > 0; i -= 1) fraction = i / (x + fraction);
  return normalDensity(x) / (x + fraction);
}

function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  const front = Math.exp(
    logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x),
  );
  return x < (a + 1) / (a + b + 2)
    ? (front * betaFraction(x, a, b)) / a
    : 1 - (front * betaFraction(1 - x, b, a)) / b;
}

/** Lentz's evaluation of the continued fraction. */
function betaFraction(x: number, a: number, b: number): number {
  const least = 1e-300;
  const away = (value: number): number => (Math.abs(value) < least ? least : value);
  let [c, d] = [1, 1 / away(1 - ((a + b) * x) / (a + 1))];
  let value = d;
  for (let m = 1; m <= 500; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    const before = value;
    for (const coefficient of [even, odd]) {
      d = 1 / away(1 + coefficient * d);
      c = away(1 + coefficient / c);
      value *= d * c;
    }
    if (Math.abs(value - before) < 1e-16 * Math.abs(value)) break;
  }
  return value;
}

/** Stirling's series, shifted up to where it is exact. */
function logGamma(x: number): number {
  let [shifted, product] = [x, 1];
  while (shifted < 12) {
    product *= shifted;
    shifted += 1;
  }
  const z = 1 / (shifted * shifted);
  const series =
    (1 / 12 -
      z * (1 / 360 - z * (1 / 1260 - z * (1 / 1680 - z * (1 / 1188 - (z * 691) / 360360))))) /
    shifted;
  return (
    (shifted - 0.5) * Math.log(shifted) -
    shifted +
    Math.log(2 * Math.PI) / 2 +
    series -
    Math.log(product)
  );
}
