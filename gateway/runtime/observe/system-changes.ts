/** The calls of the gateway's own API that change something, under the names that the audit has of them. */

type Changes = Readonly<Partial<Record<string, string>>>;

/** By the first part of the path after `/system/`, and the method. */
const changes: Readonly<Record<string, Changes>> = {
  functions: { POST: 'deploy-function', PUT: 'update-function', DELETE: 'remove-function' },
  'scale-function': { POST: 'scale-function' },
  secrets: { POST: 'create-secret', PUT: 'update-secret', DELETE: 'delete-secret' },
  namespace: { POST: 'create-namespace', PUT: 'update-namespace', DELETE: 'delete-namespace' },
  async: { POST: 'retry-call', DELETE: 'drop-call' },
};

export interface SystemCall {
  /** Such as `system-deploy-function`; `system-read` for what changes nothing. */
  readonly operation: string;
  /** What the path names: a function, a namespace, a queued call; empty where it names none. */
  readonly subject: string;
  readonly isChange: boolean;
}

const NAME = /^[\w.:-]{1,128}$/;

/** @param path as it was asked for, with `/system` or `/ui` */
export function systemCallOf(method: string, path: string): SystemCall {
  const [, root = '', part = '', name = ''] = path.split('/');
  const id = root === 'system' ? changes[part]?.[method] : undefined;
  const subject = NAME.test(name) ? name : '';
  return { operation: `system-${id ?? 'read'}`, subject, isChange: id !== undefined };
}
