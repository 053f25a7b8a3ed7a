/** The calls in flight, so that a facade that stops can end them; each knows its place, so that adding and removing are cheap. */
import type { FacadeCall } from './call.ts';

export class OpenCalls {
  private readonly calls: FacadeCall[] = [];

  add(call: FacadeCall): void {
    call.place = this.calls.push(call) - 1;
  }

  /** The last one takes its place. */
  remove(call: FacadeCall): void {
    const last = this.calls.pop();
    if (last === undefined || last === call) return;
    this.calls[call.place] = last;
    last.place = call.place;
  }

  /** Ends the work of all of them; each fails with what it says of a facade that stops. */
  stop(): void {
    for (const call of this.calls) call.abort(call.stopped());
  }
}
