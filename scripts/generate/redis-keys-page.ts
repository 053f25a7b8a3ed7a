import { keyTable } from '#shared/redis/keys.ts';
import { durationText, generatedFrom, table } from './markdown.ts';

const INTRODUCTION = `
Each key begins with \`REDIS_KEY_PREFIX:\`, then the aggregate in braces (the cluster hash tag: what
changes together sits in one slot), then the facet. A *document* is a hash of \`version\`, which counts
its changes, and \`json\`. Only the owner writes. The queues lie beside them under
\`REDIS_KEY_PREFIX:queue\`.`;

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
  ].join('\n\n');
}
