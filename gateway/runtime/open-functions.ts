/** The functions of an installation: what its stack file names and the API changed, in one host. */
import { join } from 'node:path';
import { deployedAtStart, Deployments } from './system-api/deployments.ts';
import { DeploymentsState } from './deployments/deployments-state.ts';
import { FunctionHost, type HostOptions } from './invoke/function-host.ts';
import { catalogueImages, Images, type FunctionProgram } from './deployments/runnable-images.ts';
import { deploymentOf, programsOf, type StackFunction } from './deployments/stack-file.ts';

export interface FunctionsOptions extends Omit<HostOptions, 'functions' | 'images'> {
  readonly stack: readonly StackFunction[];
  /** What can be deployed besides, through the API. */
  readonly programs?: readonly Omit<FunctionProgram, 'isOurs'>[];
  /** Keeps `gateway/functions.json`. */
  readonly dataDir: string;
}

export interface Functions {
  readonly host: FunctionHost;
  readonly deployments: Deployments;
}

/** @throws Failure DATA_CORRUPT naming the state file that does not parse */
export async function openFunctions(options: FunctionsOptions): Promise<Functions> {
  const { stack: functions, programs = [], dataDir, log } = options;
  const startedAt = new Date().toISOString();
  const stack = functions.map((one) => deploymentOf(one, startedAt));
  const state = await DeploymentsState.open(join(dataDir, 'gateway', 'functions.json'));
  const host = new FunctionHost({
    ...options,
    functions: deployedAtStart(stack, state.current),
    // Of an image that is in both, the stack file's program runs.
    images: new Images([...catalogueImages(), ...programs, ...programsOf(functions)]),
  });
  return { host, deployments: new Deployments(host, { state, stack, log }) };
}
