/** `/system/*`: what is deployed here, behind the operator's name and password. */
import { arch } from 'node:os';
import { Router, type RequestHandler, type Response } from 'express';
import { basicAuth, type Credentials } from './basic-auth.ts';
import type { DeployedFunction } from './deployed-function.ts';
import type { FunctionHost } from './function-host.ts';
import { functionStatus } from './function-status.ts';
import { NAMESPACE, pageNotFound, sayError } from './platform-errors.ts';

export interface SystemOptions {
  readonly credentials: Credentials;
  readonly build: string;
}

export function systemRoutes(host: FunctionHost, options: SystemOptions): Router {
  const router = Router();
  const status = (deployed: DeployedFunction) =>
    functionStatus(deployed, host.metrics.invocations(deployed.spec.name));
  router.use(basicAuth(options.credentials));
  get(router, '/functions', (request, response) => {
    if (!knownNamespace(request.query['namespace'])) return badNamespace(response);
    response.json(host.list().map(status));
  });
  get(router, '/function/:name', (request, response) => {
    if (!knownNamespace(request.query['namespace'])) return badNamespace(response);
    const deployed = host.find(String(request.params['name']));
    if (deployed) response.json(status(deployed));
    else response.status(404).end();
  });
  get(router, '/info', (_request, response) => void response.json(gatewayInfo(options.build)));
  get(router, '/namespaces', (_request, response) => void response.json([NAMESPACE]));
  router.use((_request, response) => pageNotFound(response));
  return router;
}

/** The path answers GET; all other methods are 405, as every known path does. */
function get(router: Router, path: string, handler: RequestHandler): void {
  router.get(path, handler);
  router.all(path, (_request, response) => void response.status(405).end());
}

function knownNamespace(namespace: unknown): boolean {
  return namespace === undefined || namespace === '' || namespace === NAMESPACE;
}

function badNamespace(response: Response): void {
  sayError(response, 400, 'namespace not valid');
}

/** Nothing in it is ever null: faas-cli ends in a panic over a missing provider or version. */
function gatewayInfo(build: string) {
  const [release = build, sha = 'unknown'] = build.split('+');
  const version = { release, sha };
  return {
    provider: { provider: 'arduino-trader', version, orchestration: 'embedded' },
    version,
    arch: goArch(arch()),
  };
}

/** Node's name of the architecture in Go's words, which the CLI prints. */
function goArch(name: string): string {
  return { x64: 'x86_64', arm64: 'aarch64' }[name] ?? name;
}
