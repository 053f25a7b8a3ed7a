/** Who acts at a terminal, for the audit. */
import { hostname, userInfo } from 'node:os';

/** `cli anna@desk`; in a container whose user has no name, its number. */
export function terminalUser(): string {
  return `cli ${userName()}@${hostname()}`;
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.() ?? 'unknown'}`;
  }
}
