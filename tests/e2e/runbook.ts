/** Follows the pages of docs/runbooks on a running system: their own commands, in their order, as a person would. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { blocksOf } from '../docs/shell-blocks.ts';
import { bareEnvironment } from '../support/bare-environment.ts';

export interface FollowedSystem {
  /** Of its gateway. */
  readonly url: string;
  readonly dataDir: string;
  /** The test file, as pages name it. */
  readonly here: string;
  /** Added to the environment of the commands. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface FiringAlert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly runbook: string;
}

type Values = Readonly<Record<string, string>>;

export class RunbookReader {
  private readonly system: FollowedSystem;

  constructor(system: FollowedSystem) {
    this.system = system;
  }

  get url(): string {
    return this.system.url;
  }

  async alerts(): Promise<readonly FiringAlert[]> {
    const { alerts } = (await this.call('gateway-list-alerts', {})) as { alerts: FiringAlert[] };
    return alerts;
  }

  async firing(): Promise<string[]> {
    return (await this.alerts()).map(({ name }) => name);
  }

  /** Until an alert is there, or is over; the test's own time ends it. */
  async untilFiring(name: string, fires = true): Promise<void> {
    while ((await this.firing()).includes(name) !== fires) await sleep(200);
  }

  /** Calls a function with the trade token. @returns its answer, a refusal as well */
  async call(name: string, body: object): Promise<unknown> {
    const { url } = this.system;
    const headers = { authorization: `Bearer ${this.tradeToken()}` };
    const request = { method: 'POST', headers, body: JSON.stringify(body) };
    const ask = () => fetch(`${url}/function/${name}`, request);
    // A connection that was kept is closed by the other side while a command of a page runs.
    return (await ask().catch(ask)).json();
  }

  /** Runs the commands of a page in their order. @returns what they said */
  async follow(page: string, values: Values = {}): Promise<string> {
    let said = '';
    for (const text of this.commands(page)) said += `${await this.shell(text, values)}\n`;
    return said;
  }

  /** The commands of a page that a test runs, in their order. */
  commands(page: string): readonly string[] {
    const blocks = blocksOf(`docs/runbooks/${page}.md`).filter(
      ({ language, notRun, runBy }) =>
        language === 'sh' &&
        notRun === undefined &&
        (runBy === undefined || runBy === this.system.here),
    );
    expect(blocks.length).toBeGreaterThan(0);
    return blocks.map(({ text }) => text);
  }

  /** @param text run as a page has it: port 8080 and `data/` are those of this system */
  async shell(text: string, values: Values = {}, status = 0): Promise<string> {
    const { url, dataDir, env } = this.system;
    const here = text
      // What npx would find, without the seconds in which it looks.
      .replaceAll('npx trader ', 'node cli/trader.mjs ')
      .replaceAll('127.0.0.1:8080', url.replace('http://', ''))
      .replaceAll(/(?<![\w./])data\//g, `${dataDir}/`);
    const own = { GATEWAY_URL: url, DATA_DIR: dataDir, ...env, ...values };
    const person = { ...bareEnvironment, HOME: process.env['HOME'] ?? '/' };
    const done = await ranShell(here, { ...person, ...own });
    // What it said explains a status that was not expected.
    const said = done.status === status ? '' : `${done.stdout}${done.stderr}`;
    expect([text, done.status, said]).toEqual([text, status, '']);
    return done.stdout;
  }

  private tradeToken(): string {
    return readFileSync(
      `${this.system.dataDir}/function-secrets/openfaas-fn/trade-token`,
      'utf8',
    ).trim();
  }
}

export function runbook(page: string): string {
  return readFileSync(`docs/runbooks/${page}.md`, 'utf8');
}

/** The command that a page has within a sentence. */
export function commandIn(page: string, begin: string): string {
  const found = [...runbook(page).matchAll(/`([^`\n]+)`/g)].map(([, command = '']) => command);
  const command = found.find((one) =>
    one.replace(/^npx /, '').startsWith(begin.replace(/^npx /, '')),
  );
  expect(command).toBeDefined();
  return (command ?? '').replace(/^(npx )?/, 'npx ');
}

interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Not blocking: a simulated broker in the test's process answers meanwhile. */
function ranShell(text: string, env: Values): Promise<Ran> {
  return new Promise((resolve) => {
    const shell = ['-euo', 'pipefail', '-c', text];
    const child = execFile('bash', shell, { env }, (_error, stdout, stderr) =>
      resolve({ status: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}
