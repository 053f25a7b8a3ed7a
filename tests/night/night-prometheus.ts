/** A Prometheus with the configuration and the rules that are deployed, and the processes of a night as its targets. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { freePort } from '../support/free-port.ts';

/** Why none can be started here. */
export const withoutPrometheus = spawnSync('prometheus', ['--version']).error
  ? 'no prometheus is installed (apt-get install prometheus)'
  : undefined;

export interface SeenAlert {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** False while it waits for its time. */
  readonly fires: boolean;
  /** Of its name and labels. */
  readonly key: string;
}

/** Intervals in place of those that are deployed. */
export interface Intervals {
  readonly scrape_interval: string;
  readonly scrape_timeout: string;
  readonly evaluation_interval: string;
}

export interface NightPrometheus {
  /** What fires, or waits for its time. */
  alerts(): Promise<readonly SeenAlert[]>;
  /** Killed, and started again with what it stored. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

/** @param targets `host:port` of each process */
export async function openPrometheus(
  targets: readonly string[],
  intervals: Partial<Intervals> = {},
): Promise<NightPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'trader-night-prometheus-'));
  const file = join(folder, 'prometheus.yaml');
  const deployed = parse(await readFile('deploy/prometheus/prometheus.yaml', 'utf8')) as Config;
  const rules = [resolve('deploy/prometheus/alerts.yaml')];
  const [{ job_name }] = deployed.scrape_configs;
  // JSON is YAML.
  const config = {
    global: { ...deployed.global, ...intervals },
    rule_files: rules,
    scrape_configs: [{ job_name, static_configs: [{ targets }] }],
  };
  await writeFile(file, JSON.stringify(config));
  const address = `127.0.0.1:${await freePort()}`;
  const args = [`--config.file=${file}`, `--storage.tsdb.path=${folder}/data`];
  const start = () => {
    const child = spawn('prometheus', [...args, `--web.listen-address=${address}`], {
      stdio: 'ignore',
    });
    return { child, ended: once(child, 'close') };
  };
  let running = start();
  const kill = async (): Promise<void> => {
    running.child.kill('SIGKILL');
    await running.ended;
  };
  return {
    alerts: () => alertsAt(`http://${address}/api/v1/alerts`),
    restart: async () => {
      await kill();
      running = start();
    },
    close: async () => {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Config {
  readonly global: Intervals;
  readonly scrape_configs: readonly [{ readonly job_name: string }];
}

interface Answer {
  readonly data: {
    readonly alerts: readonly { readonly labels: SeenAlert['labels']; readonly state: string }[];
  };
}

async function alertsAt(url: string): Promise<SeenAlert[]> {
  const answer = await fetch(url).catch(() => undefined);
  if (!answer?.ok) return [];
  const { data } = (await answer.json()) as Answer;
  return data.alerts.map(({ labels, state }) => ({
    ...{ name: labels['alertname'] ?? '', labels },
    ...{ fires: state === 'firing', key: JSON.stringify(labels) },
  }));
}
