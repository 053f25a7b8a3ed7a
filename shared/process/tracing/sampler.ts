/** The samplers that OTEL_TRACES_SAMPLER can name. https://opentelemetry.io/docs/specs/otel/trace/sdk/#built-in-samplers */
export interface Sampling {
  /** What decides on a trace that begins here. */
  readonly root: 'always_on' | 'always_off' | 'traceidratio';
  /** Of the traces that begin here, for `traceidratio`: 0 to 1. */
  readonly keptRatio: number;
  /** Whether a caller's decision is kept to. */
  readonly followsParent: boolean;
}

/** Whether a trace that begins here is kept. Asked before anything of its span is built. */
type Keeps = (traceId: string) => boolean;

const WORD_DIGITS = 8;
const WORDS_OF_TRACE_ID = 4;
const WORD_MAX = 0xffff_ffff;

export function keptBy({ root, keptRatio }: Sampling): Keeps {
  if (root !== 'traceidratio') return () => root === 'always_on';
  const bound = keptRatio === 1 ? WORD_MAX + 1 : Math.floor(keptRatio * WORD_MAX);
  return (traceId) => foldedWords(traceId) < bound;
}

/**
 * As the SDK's TraceIdRatioBasedSampler decides, so that processes of others decide alike; that one reads an id by its
 * digits, twice.
 */
function foldedWords(traceId: string): number {
  let folded = 0;
  for (let word = 0; word < WORDS_OF_TRACE_ID; word += 1)
    folded ^= Number.parseInt(traceId.slice(word * WORD_DIGITS, (word + 1) * WORD_DIGITS), 16);
  return folded >>> 0;
}
