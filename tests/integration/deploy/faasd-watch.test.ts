/**
 * The watch over faasd's services, with programs in place of ctr, ss, nft and systemctl that answer as those of a
 * board with faasd 0.19.0 did: it starts nothing again that ended, and closes a port after a refused connection.
 */
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { ran, type Ran } from './tools.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'faasd-watch-'));
  await mkdir(join(folder, 'bin'));
  const own = parse(await readFile('deploy/faasd/state.yaml', 'utf8')) as { services: object };
  const gateway = { image: 'gateway', ports: ['8080:8080'] };
  const prometheus = { image: 'prometheus', ports: ['127.0.0.1:9090:9090'] };
  const services = { prometheus, gateway, ...own.services };
  await writeFile(join(folder, 'docker-compose.yaml'), stringify({ services }));
  const hosts = ['127.0.0.1\tlocalhost', '10.62.0.3\tgateway', '10.62.0.4\tfacade', ''];
  await writeFile(join(folder, 'hosts'), hosts.join('\n'));
  await board({});
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Board {
  readonly active?: boolean;
  readonly stopped?: readonly string[];
  readonly containers?: readonly string[];
  readonly closed?: readonly number[];
}

const SERVICES = ['prometheus', 'gateway', 'facade', 'connector'];

/** What the programs of the board answer; nft and a restart write down what they were given. */
async function board({ active = true, stopped = [], containers = SERVICES, closed = [] }: Board) {
  const tasks = containers.map(
    (name, index) =>
      `${name}    ${index + 100}    ${stopped.includes(name) ? 'STOPPED' : 'RUNNING'}`,
  );
  const programs = {
    ctr: `case "$3" in
  tasks) printf '%s\\n' 'TASK    PID    STATUS' ${tasks.map((line) => `'${line}'`).join(' ')} ;;
  containers) printf '%s\\n' ${containers.join(' ')} | grep . || true ;;
esac`,
    ss: `case "$2" in ${closed.map((port) => `"sport = :${port}") exit 0 ;;`).join(' ')} esac
echo LISTEN`,
    nft: `cat >>"${folder}/nft"`,
    systemctl: `case "$1" in
  is-active) exit ${active ? 0 : 3} ;;
  *) echo "$*" >>"${folder}/systemctl" ;;
esac`,
  };
  for (const [name, text] of Object.entries(programs)) {
    await writeFile(join(folder, 'bin', name), `#!/bin/sh\n${text}\n`);
    await chmod(join(folder, 'bin', name), 0o755);
  }
}

function watch(...args: readonly string[]): Ran {
  const options = ['--folder', folder, '--wait', '0', ...args];
  const path = `${join(folder, 'bin')}:${process.env['PATH'] ?? ''}`;
  return ran('deploy/scripts/faasd-watch.sh', options, { PATH: path, RUNTIME_DIRECTORY: folder });
}

const done = (program: string): Promise<string> =>
  readFile(join(folder, program), 'utf8').catch(() => '');

test('it does nothing where all is well, where faasd is stopped, and while faasd prepares images', async () => {
  for (const given of [
    {},
    { active: false, stopped: ['facade'] },
    { containers: [], closed: [8080] },
  ]) {
    await board(given);
    expect(watch()).toEqual({ code: 0, out: '', err: '' });
  }
  expect([await done('systemctl'), await done('nft')]).toEqual(['', '']);
});

test.each(SERVICES)('it restarts faasd when %s has ended, and says so', async (name) => {
  await board({ stopped: [name] });
  expect(watch()).toMatchObject({
    code: 1,
    out: expect.stringContaining(`has ended: ${name}\n`) as unknown,
  });
  expect(await done('systemctl')).toBe('restart faasd\n');
});

test('it leads a port that faasd has closed to its service, once, and no longer when faasd has it open', async () => {
  await board({ closed: [50_051, 8080] });
  expect(watch().code).toBe(1);
  const rules = await done('nft');
  for (const hook of ['prerouting', 'output']) expect(rules).toContain(`hook ${hook} priority`);
  expect(rules.match(/tcp dport 50051 dnat ip to 10\.62\.0\.4:50051\n/g)).toHaveLength(2);
  expect(rules.match(/tcp dport 8080 dnat ip to 10\.62\.0\.3:8080\n/g)).toHaveLength(2);
  expect(rules).not.toMatch(/50052|9090/);
  expect(watch()).toEqual({ code: 0, out: '', err: '' });
  expect(await done('nft')).toBe(rules);
  // faasd was restarted, and the service has another address.
  await writeFile(join(folder, 'hosts'), '10.62.0.9\tfacade\n');
  await board({ closed: [50_051] });
  expect(watch().code).toBe(1);
  expect((await done('nft')).slice(rules.length)).toContain(
    'dport 50051 dnat ip to 10.62.0.9:50051',
  );
  await board({});
  expect(watch().code).toBe(1);
  expect((await done('nft')).match(/dport/g)).toHaveLength(6);
  expect(watch().code).toBe(0);
});

test('a dry run changes nothing', async () => {
  await board({ closed: [50_051] });
  expect(watch('--dry-run').code).toBe(1);
  await board({ stopped: ['connector'] });
  expect(watch('--dry-run')).toMatchObject({
    code: 1,
    out: expect.stringContaining('+ systemctl restart faasd') as unknown,
  });
  expect([await done('systemctl'), await done('nft')]).toEqual(['', '']);
});

test.each([
  [['--wait', 'soon'], '--wait is a number of seconds'],
  [['--folder', '/nowhere'], '--folder: /nowhere has no docker-compose.yaml'],
  [['--now'], 'unknown option --now'],
])('%j ends with 2 and says why', (args, why) => {
  expect(watch(...args)).toMatchObject({ code: 2, err: expect.stringContaining(why) as unknown });
});
