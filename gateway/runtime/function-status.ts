/** A deployed function as OpenFaaS lists it (`FunctionStatus`). */
import type { DeployedFunction } from './deployed-function.ts';
import { NAMESPACE } from './platform-errors.ts';

/** @param invocationCount calls since this host started, whatever their outcome */
export function functionStatus({ spec, createdAt }: DeployedFunction, invocationCount: number) {
  return {
    name: spec.name,
    image: spec.image,
    namespace: NAMESPACE,
    envVars: spec.environment,
    secrets: spec.secrets,
    labels: spec.labels,
    annotations: spec.annotations,
    invocationCount,
    replicas: 1,
    availableReplicas: 1,
    createdAt: createdAt.toISOString(),
  };
}
