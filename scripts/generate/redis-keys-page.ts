import { keyTable } from '#shared/redis/keys.ts';
import { redisCommands } from '#shared/redis/rights.ts';
import { durationText, generatedFrom, table } from './markdown.ts';

const INTRODUCTION = `
Each key begins with \`REDIS_KEY_PREFIX:\`, then the aggregate in braces (the cluster hash tag: what
changes together sits in one slot), then the facet. A *document* is a hash of \`version\`, which counts
its changes, and \`json\`. Only the owner writes. The queues lie beside them under
\`REDIS_KEY_PREFIX:queue\`.`;

const RIGHTS = `## Rights

Where the Redis user is restricted, it needs the commands below (of \`shared/redis/rights.ts\`) on the keys of
the prefix, and nothing else. Each process that keeps state there asks at its start whether it has them, and
refuses to start with one line that says which to grant. \`CONFIG GET\` is asked for as well, and not needed:
without it the status says that it is not known whether writes are safe on the disk. \`npm run restore\` and
\`npm run state\` ask \`CLIENT LIST\` where they may. In a Redis Cluster the prefix is in braces
(\`~{trader}:*\`), and the user needs \`+cluster|keyslot +cluster|slots\` beside.`;

const LINE_MAX = 96;

/** The rights, on lines of a readable length. */
function rightLines(): string[] {
  return redisCommands.reduce<string[]>((lines, name) => {
    const last = lines.at(-1) ?? ' ';
    const longer = `${last} +${name}`;
    return longer.length <= LINE_MAX ? [...lines.slice(0, -1), longer] : [...lines, `  +${name}`];
  }, []);
}

export function redisKeysPage(): string {
  const rows = keyTable.map(({ example, type, ttlMs, owner, holds }) => [
    `\`${example}\``,
    type,
    ttlMs === null ? 'for ever' : durationText(ttlMs),
    owner,
    holds,
  ]);
  return [
    generatedFrom('shared/redis/keys.ts'),
    '# Redis keys',
    INTRODUCTION,
    table(['key, by example', 'type', 'kept', 'owner', 'holds'], rows),
    RIGHTS,
    `\`\`\`text\nACL SETUSER trader on >PASSWORD ~trader:* \\\n${rightLines().join(' \\\n')}\n\`\`\``,
  ].join('\n\n');
}
