/** A gateway over one slow function as a process of its own, to be killed: `<redis> <file of runs>`. */
import { appendFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFixtures } from '../gateway/runtime/fixtures.ts';

const [redisUrl = '', file = '', pauseMs = '0'] = process.argv.slice(2);
const gateway = await openFixtures(
  {
    slow: {
      handler: async (event) => {
        await appendFile(file, `${String(event.headers['idempotency-key'])}\n`);
        await sleep(Number(pauseMs));
        return { body: 'done' };
      },
    },
  },
  { queue: { redisUrl, prefix: 'killed' } },
);
console.log(gateway.url);
