/**
 * What was computed last, for as long as the same is asked for. Within a cycle the targets, the plan and the targets that
 * the plan asks for need the same moments; what they are computed from is compared bit by bit, so whatever changed,
 * a price of five years ago or a score, has them computed anew.
 */
export class LastComputed<Inputs, Value> {
  private last: { readonly inputs: Inputs; readonly value: Value } | undefined;
  private readonly areSame: (a: Inputs, b: Inputs) => boolean;

  constructor(areSame: (a: Inputs, b: Inputs) => boolean) {
    this.areSame = areSame;
  }

  /** @param isKept large values are not; nobody changes what is answered, nor the inputs afterwards */
  of(inputs: Inputs, isKept: boolean, compute: () => Value): Value {
    if (this.last && this.areSame(this.last.inputs, inputs)) return this.last.value;
    const value = compute();
    this.last = isKept ? { inputs, value } : undefined;
    return value;
  }
}

export function sameBits(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i += 1) if (!Object.is(a[i], b[i])) return false;
  return true;
}

export function sameColumns(a: readonly Float64Array[], b: readonly Float64Array[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((column, i) => {
    const other = b[i];
    return other !== undefined && sameBits(column, other);
  });
}
