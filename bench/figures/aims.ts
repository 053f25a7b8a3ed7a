/** The figures that benches give, and what is aimed at. All but times of a start and the memory of a board are ratios to a peer of the same run. */
export interface Aim {
  readonly better: 'less' | 'more';
  /** Absent where none was stated. */
  readonly aim?: number;
}

const SIZES = [50, 100, 200, 500];

/** By name; the part before the colon is the bench's. */
export const aims: Readonly<Record<string, Aim>> = {
  'grpc: CPU of a call, facade / bare': { better: 'less', aim: 1.5 },
  'grpc: p50, facade / bare': { better: 'less', aim: 1.2 },
  'runtime: CPU of a call, embedded / bare': { better: 'less', aim: 1.4 },
  'runtime: CPU of a call, embedded / official chain': { better: 'less', aim: 0.125 },
  'runtime: p50, embedded / official chain': { better: 'less', aim: 0.25 },
  'memory: embedded / official pairs': { better: 'less', aim: 0.17 },
  'memory: a process a function / official pairs': { better: 'less', aim: 1.3 },
  'board: peak / its memory limit': { better: 'less', aim: 0.9 },
  'start: npm start to ready, s': { better: 'less', aim: 1.2 },
  'start: container to its first answer / bare node': { better: 'less', aim: 2.2 },
  'durable: transition, 1 at once, naive / ours': { better: 'more', aim: 2.5 },
  'durable: transition, 50 at once, naive / ours': { better: 'more', aim: 2.5 },
  'queue: jobs a second, prices, ours / bare BullMQ': { better: 'more', aim: 0.9 },
  'queue: jobs a second, refused, ours / bare BullMQ': { better: 'more', aim: 0.9 },
  ...forSizes('optimization: HRP', 15),
  ...forSizes('optimization: capped, from returns', 5),
  'scoring: pandas / ours': { better: 'more' },
  'replay: monthly decision, bt / ours': { better: 'more', aim: 1 },
  'replay: daily decision, bt / ours': { better: 'more', aim: 1 },
  'replay: monthly decision, backtrader / ours': { better: 'more', aim: 1 },
  'replay: daily decision, backtrader / ours': { better: 'more', aim: 1 },
  'universe: bytes of stored bars, Parquet (zstd) / ours': { better: 'more' },
  'tracing: CPU of a call, a tenth sampled / off': { better: 'less', aim: 1.1 },
};

function forSizes(name: string, aim: number): Record<string, Aim> {
  return Object.fromEntries(
    SIZES.map((size) => [
      `${name}, ${size} securities, faster peer / ours`,
      { better: 'more', aim },
    ]),
  );
}
