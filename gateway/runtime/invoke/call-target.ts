/** Which function a path names, and what of the path is for the function. */
import { pathWithOperation } from '#shared/contract/catalogue.ts';
import type { DeployedFunction } from '../executors/deployed-function.ts';
import type { FunctionHost } from './function-host.ts';

const NAME_PATH = /^\/([-\w.]+)(\/[^?]*)?(\?.*)?$/;

export interface CallTarget {
  /** As written, perhaps with a namespace. */
  readonly name: string;
  readonly deployed: DeployedFunction | undefined;
  /** Path and query as the function shall see them; percent signs untouched. */
  readonly url: string;
}

/** A function of one handler, where the URL is its name and nothing else, as most are. */
export function wholeTargetOf(host: FunctionHost, url: string): CallTarget | undefined {
  const deployed = host.find(url.slice(1));
  return deployed?.isPacked === false
    ? { name: deployed.spec.name, deployed, url: '/' }
    : undefined;
}

/** @param url what follows `/function`; @returns undefined when it names nothing */
export function targetOf(host: FunctionHost, url: string): CallTarget | undefined {
  const match = NAME_PATH.exec(url);
  if (!match) return undefined;
  const [, name = '', path = '/', query = ''] = match;
  const deployed = host.find(name);
  const clean = path.replace(/^\/+/, '/');
  const named = deployed?.isPacked ? pathWithOperation(clean, new URLSearchParams(query)) : clean;
  return { name, deployed, url: named + query };
}
