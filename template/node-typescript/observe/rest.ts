/**
 * Collects garbage once no call has ended for a while. V8 collects when a program allocates, so that a function
 * that was started and called once keeps what only its start needed.
 */
const REST_MS = 2_000;

/** @returns what is to be called at the end of each call; does nothing unless Node was started with `--expose-gc` */
export function collectAtRest(): () => void {
  const { gc } = globalThis;
  if (!gc) return () => undefined;
  const timer = setTimeout(() => void gc(), REST_MS).unref();
  return () => void timer.refresh();
}
