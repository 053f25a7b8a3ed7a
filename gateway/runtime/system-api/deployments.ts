/**
 * Deploying, updating and removing functions through the API. Each takes effect at once and survives
 * a restart: a function is prepared, then written to the state, then put in its place.
 */
import { isDeepStrictEqual } from 'node:util';
import { Failure, invalidRequest } from '#shared/kernel/failure.ts';
import type { Log } from '#shared/process/log.ts';
import type { Deployment } from '../deployments/deployment.ts';
import type { DeploymentsState, State } from '../deployments/deployments-state.ts';
import type { FunctionHost } from '../invoke/function-host.ts';
import { bareName, NAMESPACE } from '../http/platform-errors.ts';

/** @returns what is deployed when a host starts: the stack file's, and what the API changed */
export function deployedAtStart(
  stack: readonly Deployment[],
  { deployed, removed }: State,
): readonly Deployment[] {
  const isChanged = (name: string): boolean =>
    removed.includes(name) || Object.hasOwn(deployed, name);
  const kept = stack.filter(({ name }) => !isChanged(name));
  return [...kept, ...Object.values(deployed)];
}

export class Deployments {
  private readonly host: FunctionHost;
  private readonly state: DeploymentsState;
  private readonly stack: ReadonlyMap<string, Deployment>;
  private readonly log: Log;
  /** The last change of each function; the next waits for it. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    host: FunctionHost,
    { state, stack, log }: { state: DeploymentsState; stack: readonly Deployment[]; log: Log },
  ) {
    this.host = host;
    this.state = state;
    this.stack = new Map(stack.map((spec) => [spec.name, spec]));
    this.log = log;
  }

  /** @throws Failure INVALID_REQUEST where the name is taken, or what the deployment says is wrong */
  create(spec: Deployment): Promise<void> {
    return this.inTurn(spec.name, async () => {
      if (this.host.find(spec.name))
        throw invalidRequest({ field: 'service', message: `${spec.name} already exists` });
      await this.put(spec);
    });
  }

  /** @throws Failure NOT_FOUND; INVALID_REQUEST, and then the old one goes on serving */
  update(spec: Deployment): Promise<void> {
    return this.inTurn(spec.name, async () => {
      this.require(spec.name);
      await this.put(spec);
    });
  }

  /** @param given with or without the namespace; @throws Failure NOT_FOUND */
  remove(given: string): Promise<void> {
    const name = bareName(given);
    return this.inTurn(name, async () => {
      this.require(name);
      await this.state.change((state) => this.without(state, name));
      this.host.remove(name);
      this.log.info('function-removed', { function: name });
    });
  }

  private async put(spec: Deployment): Promise<void> {
    const prepared = await this.host.prepare(spec);
    try {
      await this.state.change((state) => this.with(state, spec));
    } catch (thrown) {
      await prepared.close();
      throw thrown;
    }
    this.host.take(prepared);
    this.log.info('function-deployed', { function: spec.name, image: spec.image });
  }

  /** A deployment equal to the stack file's is not stored, so that a new stack file takes effect. */
  private with({ deployed, removed }: State, spec: Deployment): State {
    const { [spec.name]: _old, ...others } = deployed;
    const isAsInStack = isSame(this.stack.get(spec.name), spec);
    return {
      deployed: isAsInStack ? others : { ...others, [spec.name]: spec },
      removed: removed.filter((name) => name !== spec.name),
    };
  }

  private without({ deployed, removed }: State, name: string): State {
    const { [name]: _gone, ...others } = deployed;
    const isInStack = this.stack.has(name);
    return { deployed: others, removed: isInStack ? [...removed, name] : removed };
  }

  private require(name: string): void {
    if (!this.host.find(name))
      throw new Failure('NOT_FOUND', `function ${name}.${NAMESPACE} not found`);
  }

  private async inTurn(name: string, work: () => Promise<void>): Promise<void> {
    const before = this.turns.get(name) ?? Promise.resolve();
    const turn = before.then(work);
    const settled = turn.catch(() => undefined);
    this.turns.set(name, settled);
    await turn.finally(() => {
      if (this.turns.get(name) === settled) this.turns.delete(name);
    });
  }
}

/** Equal in all but the time; undefined counts as absent. */
function isSame(one: Deployment | undefined, other: Deployment): boolean {
  const plain = (spec: Deployment): unknown =>
    JSON.parse(
      JSON.stringify({ ...spec, secrets: [...spec.secrets].sort(), createdAt: undefined }),
    );
  return one !== undefined && isDeepStrictEqual(plain(one), plain(other));
}
