/** A deployed function as OpenFaaS lists it (`FunctionStatus`). */
import type { DeployedFunction } from '../executors/deployed-function.ts';
import { NAMESPACE } from '../http/platform-errors.ts';
import { shownEnvironment } from './shown-environment.ts';

/**
 * What is empty is left out, as OpenFaaS does; labels, annotations and secrets are always there.
 * @param invocationCount calls since this host started, whatever their outcome
 */
export async function functionStatus(deployed: DeployedFunction, invocationCount: number) {
  const { spec } = deployed;
  const { limits, requests, constraints, readOnlyRootFilesystem } = spec;
  return {
    name: spec.name,
    image: spec.image,
    namespace: NAMESPACE,
    envProcess: spec.envProcess ?? '',
    ...(Object.keys(spec.environment).length > 0 && {
      envVars: shownEnvironment(spec.environment),
    }),
    ...(constraints && { constraints }),
    secrets: spec.secrets,
    // Every function has it on OpenFaaS; those who select functions by label rely on it.
    labels: { ...spec.labels, faas_function: spec.name },
    annotations: spec.annotations,
    ...(limits && { limits }),
    ...(requests && { requests }),
    ...(readOnlyRootFilesystem !== undefined && { readOnlyRootFilesystem }),
    invocationCount,
    replicas: 1,
    availableReplicas: (await deployed.isAvailable()) ? 1 : 0,
    createdAt: spec.createdAt,
  };
}
