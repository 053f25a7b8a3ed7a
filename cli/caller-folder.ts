/** Paths as the person means them: `npm run` moves to the project's root before it runs anything. */
import { resolve } from 'node:path';

export function fromCallerFolder(path: string): string {
  return resolve(process.env['INIT_CWD'] ?? process.cwd(), path);
}
