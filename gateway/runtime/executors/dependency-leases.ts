/**
 * The dependencies that operations run with. Most share the host's; one whose deployment sets settings of its
 * own gets dependencies opened with them, shared by all with equal settings and closed when none is left.
 */
import type { Dependencies } from '#shared/runtime/context.ts';
import { settingTable, type Environment, type Settings } from '#shared/process/settings.ts';
import type { Texts } from '../deployments/deployment.ts';
import { hostedSettings } from './hosted-settings.ts';

export type OpenDependencies = (settings: Settings) => Promise<Dependencies>;

/** A function's lease of its dependencies. */
export interface DependencyLease {
  /** The dependencies, where they are open already. */
  readonly current: unknown;
  open(): Promise<unknown>;
  release(): Promise<void>;
}

interface Entry {
  holders: number;
  dependencies: Dependencies | undefined;
  opening: Promise<Dependencies> | undefined;
  readonly settings: Settings;
}

export class DependencyPool {
  private readonly env: Environment;
  private readonly openDependencies: OpenDependencies | undefined;
  private readonly entries = new Map<string, Entry>();
  private host: unknown;

  /** @param env the host's environment */
  constructor(env: Environment, openDependencies: OpenDependencies | undefined) {
    this.env = env;
    this.openDependencies = openDependencies;
  }

  /** The dependencies of all functions whose deployment sets nothing of its own. */
  shareDependencies(host: unknown): void {
    this.host = host;
  }

  /** Whether a deployment's environment changes any setting. */
  isOwn(environment: Texts): boolean {
    return keyOf({ ...this.env, ...environment }) !== keyOf(this.env);
  }

  /** @throws Failure INVALID_REQUEST naming every wrong setting, and each that the host does not allow */
  take(environment: Texts): DependencyLease {
    if (!this.openDependencies || !this.isOwn(environment)) return this.hostLease();
    const env = { ...this.env, ...environment };
    const key = keyOf(env);
    const entry = this.entries.get(key) ?? fresh(hostedSettings(this.env, env));
    this.entries.set(key, entry);
    entry.holders += 1;
    return {
      get current() {
        return entry.dependencies;
      },
      open: () => this.opened(entry),
      release: () => this.release(key, entry),
    };
  }

  private hostLease(): DependencyLease {
    const host = (): unknown => this.host;
    return {
      get current() {
        return host();
      },
      open: async () => host(),
      release: async () => undefined,
    };
  }

  private async opened(entry: Entry): Promise<Dependencies | undefined> {
    entry.opening ??= this.openDependencies?.(entry.settings);
    try {
      entry.dependencies = await entry.opening;
    } catch (thrown) {
      entry.opening = undefined;
      throw thrown;
    }
    return entry.dependencies;
  }

  private async release(key: string, entry: Entry): Promise<void> {
    entry.holders -= 1;
    if (entry.holders > 0) return;
    this.entries.delete(key);
    await (await entry.opening)?.close();
  }
}

function fresh(settings: Settings): Entry {
  return { holders: 0, dependencies: undefined, opening: undefined, settings };
}

/** Equal for environments that mean the same settings. */
function keyOf(env: Environment): string {
  return JSON.stringify(Object.values(settingTable).map((row) => env[row.env]?.trim() || null));
}
