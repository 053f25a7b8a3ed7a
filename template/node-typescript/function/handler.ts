/** Greets by name: `{"name": "Ada"}` in, `{"greeting": "Hello, Ada."}` out. */
import type { FunctionHandler } from '#template/function.ts';

interface Greeting {
  readonly greeting: string;
}

const handler: FunctionHandler = (event) => {
  const name = nameIn(event.body.toString('utf8'));
  if (name === undefined) return { status: 400, body: { message: 'name: a text is needed' } };
  const body: Greeting = { greeting: `Hello, ${name}.` };
  return { body };
};

/** Whatever a caller may send: the name is a text that is not empty, or there is none. */
function nameIn(text: string): string | undefined {
  try {
    const request = JSON.parse(text) as { name?: unknown } | null;
    const name = request?.name;
    return typeof name === 'string' && name !== '' ? name : undefined;
  } catch {
    return undefined;
  }
}

export default handler;
