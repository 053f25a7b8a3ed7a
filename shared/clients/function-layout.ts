/**
 * How operations are deployed behind a gateway: as one function each, or as one function for each
 * service. Callers are not configured; they learn the layout from the gateway's answer to a
 * function name, and so keep working when the deployment changes.
 */
import { operationAt, packedPath } from '#shared/contract/catalogue.ts';
import type { ServiceName } from '#shared/contract/names.ts';

type Cut = 'operations' | 'services';

export class FunctionLayout {
  private readonly cuts = new Map<ServiceName, Cut>();

  /**
   * Calls the likely address first, and the other one where there is no such function.
   * @param name `planning-create-plan`, perhaps with a path behind it:
   * `planning-create-plan/_/ready`
   * @param attempt calls an address: `planning-create-plan`, or `planning/create-plan`
   * @returns the function's answer; where neither exists, the answer of the first address
   */
  async reach<A extends PlatformAnswer>(
    name: string,
    attempt: (path: string) => Promise<A>,
  ): Promise<A> {
    const [single = '', ...rest] = name.includes('/') ? name.split('/') : [name];
    const operation = operationAt(single, '/')?.operation;
    if (!operation) return attempt(name);
    const { service } = operation;
    const packed = (): string => [packedPath(operation), ...rest].join('/');
    const known = this.cuts.get(service) ?? 'operations';
    const first = await attempt(known === 'operations' ? name : packed());
    if (!isUnknownFunction(first)) return first;
    const second = await attempt(known === 'operations' ? packed() : name);
    if (isUnknownFunction(second)) return leaving(second, first);
    this.cuts.set(service, known === 'operations' ? 'services' : 'operations');
    return leaving(first, second);
  }
}

/** The parts of an answer that show whether the platform gave it. */
export interface PlatformAnswer {
  readonly status: number;
  readonly contentType?: string | undefined;
  /** `X-OpenFaaS-Internal` */
  readonly internal?: string | undefined;
  /** Discards an answer that will not be read. */
  drop?(): void;
}

function leaving<A extends PlatformAnswer>(left: A, taken: A): A {
  left.drop?.();
  return taken;
}

/**
 * Whether the platform has no such function, so that nothing was called. Our functions answer their
 * own "not found" in JSON. OpenFaaS answers 404, or, where it does not check before it calls, 503
 * from its proxy.
 */
function isUnknownFunction({ status, contentType = '', internal }: PlatformAnswer): boolean {
  if (contentType.startsWith('application/json')) return false;
  return status === 404 || (status === 503 && internal === 'proxy');
}
