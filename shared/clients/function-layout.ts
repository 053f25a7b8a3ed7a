/**
 * How the functions behind a gateway are cut: one an operation, or one a service. Callers are not
 * told; they learn it from the gateway, which says of a name whether it has such a function, and so
 * they go on through a change of what is deployed.
 */
import { operationAt, packedPath } from '#shared/contract/catalogue.ts';
import type { ServiceName } from '#shared/contract/names.ts';

type Cut = 'operations' | 'services';

export class FunctionLayout {
  private readonly cuts = new Map<ServiceName, Cut>();

  /**
   * Calls under the address that is likely, and where there is no such function, under the other.
   * @param name `planning-create-plan`, perhaps with a path behind it: `planning-create-plan/_/ready`
   * @param attempt calls an address: `planning-create-plan`, or `planning/create-plan`
   * @returns the function's answer; where neither is there, what was said of the first address
   */
  async reach<A extends PlatformAnswer>(
    name: string,
    attempt: (path: string) => Promise<A>,
  ): Promise<A> {
    const [single = '', ...rest] = name.split('/');
    const operation = operationAt(single, '/')?.operation;
    if (!operation) return attempt(name);
    const { service } = operation;
    const packed = [packedPath(operation), ...rest].join('/');
    const known = this.cuts.get(service) ?? 'operations';
    const first = await attempt(known === 'operations' ? name : packed);
    if (!isUnknownFunction(first)) return first;
    const second = await attempt(known === 'operations' ? packed : name);
    if (isUnknownFunction(second)) return leaving(second, first);
    this.cuts.set(service, known === 'operations' ? 'services' : 'operations');
    return leaving(first, second);
  }
}

/** What of an answer tells whether the platform gave it. */
export interface PlatformAnswer {
  readonly status: number;
  readonly contentType?: string | undefined;
  /** `X-OpenFaaS-Internal` */
  readonly internal?: string | undefined;
  /** Lets go of an answer that nobody will read. */
  drop?(): void;
}

function leaving<A extends PlatformAnswer>(left: A, taken: A): A {
  left.drop?.();
  return taken;
}

/**
 * Whether the platform says that it has no such function, so that nothing was called. Our functions
 * answer their own "not found" in JSON. OpenFaaS says it with 404, or, where it does not look before
 * it calls, with 503 of its proxy.
 */
function isUnknownFunction({ status, contentType = '', internal }: PlatformAnswer): boolean {
  if (contentType.startsWith('application/json')) return false;
  return status === 404 || (status === 503 && internal === 'proxy');
}
