/** What a function carried in a host of many is given: its own environment and its own secrets. */
import type { Environment, FunctionEnvironment } from '#template/function.ts';
import { mounted, readSecret } from '#template/function-environment.ts';
import { refused } from '#shared/kernel/failure.ts';

/**
 * What a function finds of the host's environment. The address of Redis, which may have a password in
 * it and leads to the portfolio, is for operations of ours only.
 */
export function hostEnvironment(env: Environment, isOurs: boolean): Environment {
  const { REDIS_URL: _ours, ...others } = env;
  return isOurs ? env : others;
}

/**
 * @param env what the function shall see: the host's environment under its deployment's
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
