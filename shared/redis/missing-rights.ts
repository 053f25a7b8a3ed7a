/** What a Redis user may not do, and what to grant it. */
import { Failure } from '#shared/kernel/failure.ts';

/**
 * @param commands as ACL rules name them: `get`, `cluster|slots`
 * @param keys the pattern of keys that it may not use, if any
 * @returns REFUSED `redis-rights`, in one line, with the rules for ACL SETUSER as `grants`
 */
export function missingRights(commands: readonly string[], keys?: string): Failure {
  const grants = commands.map((name) => `+${name}`);
  if (keys !== undefined) grants.push(`~${keys}`);
  const names = commands.map((name) => name.replace('|', ' ').toUpperCase());
  const lacks = [
    ...(names.length > 0 ? [`the commands ${names.join(', ')}`] : []),
    ...(keys === undefined ? [] : [`the keys ${keys}`]),
  ];
  return new Failure(
    'REFUSED',
    `The Redis user may not use ${lacks.join(' and ')}: grant ${grants.join(' ')} (docs/operate/redis-keys.md has the list).`,
    { rule: 'redis-rights', grants },
  );
}

/** @param error that a connection by sentinels reports @returns undefined where none of them refused */
export function refusalOfSentinels({ message }: Error): Failure | undefined {
  if (!message.startsWith('All sentinels are unreachable')) return undefined;
  if (/\bNOPERM\b/.test(message)) {
    const grants = ['+sentinel|get-master-addr-by-name', '+sentinel|sentinels'];
    const text = `The default user of the sentinels may not ask for the primary: grant ${grants.join(' ')} there.`;
    return new Failure('REFUSED', text, { rule: 'redis-rights', grants });
  }
  return /\b(NOAUTH|WRONGPASS)\b/.test(message)
    ? new Failure('UNAVAILABLE', 'The sentinels refuse the password of REDIS_URL.', {
        what: 'Redis',
      })
    : undefined;
}
