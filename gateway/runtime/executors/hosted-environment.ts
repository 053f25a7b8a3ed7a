/** The environment and secrets of a function in a shared host. */
import type { Environment, FunctionEnvironment } from '#template/function.ts';
import { mounted, readSecret } from '#template/function-environment.ts';
import { refused } from '#shared/kernel/failure.ts';
import type { Deployment } from '../deployments/deployment.ts';

/** Of the host's environment, what a container would give any program as well. */
const OF_ANY_PROGRAM = ['PATH', 'HOME', 'HOSTNAME', 'LANG', 'LC_ALL', 'TMPDIR', 'TZ', 'NODE_ENV'];

/**
 * The environment of a function: `fprocess` and the variables of its deployment, as OpenFaaS sets
 * them, over what the host gives. Our own operations are part of the host and see its settings; of
 * the host's environment a third-party function sees only what every program has.
 */
export function environmentVariablesOf(
  host: Environment,
  { envProcess, environment }: Pick<Deployment, 'envProcess' | 'environment'>,
  isOurs: boolean,
): Environment {
  const given = isOurs
    ? host
    : Object.fromEntries(OF_ANY_PROGRAM.map((name) => [name, host[name]]));
  return { ...given, ...(envProcess && { fprocess: envProcess }), ...environment };
}

/**
 * @param env what the function shall see
 * @param secrets names of its deployment; it reads no other
 * @param dir folder of the secrets; absent: where OpenFaaS mounts them
 */
export function environmentOf(
  env: Environment,
  secrets: readonly string[],
  dir: string | undefined,
): FunctionEnvironment {
  if (dir === undefined) return mounted(env);
  return {
    env: { ...env, secret_mount_path: dir },
    secret: async (name) => {
      if (secrets.includes(name)) return readSecret(dir, name);
      throw refused('secret-not-listed', `the deployment does not list the secret "${name}"`);
    },
  };
}
