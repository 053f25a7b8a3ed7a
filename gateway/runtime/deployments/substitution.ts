/**
 * Variables in a stack file, as faas-cli puts them in before it reads the YAML: `${NAME}`,
 * `${NAME:-default}` and its twins with `:=` and `=`. A variable that is unset or empty gives its
 * default, or nothing.
 */
import { invalidRequest } from '#shared/kernel/failure.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const VARIABLE = /\$\{([^{}]*)\}/g;
const FORM = /^([A-Za-z_][A-Za-z0-9_]*)(?:(?::-|:=|=)(.*))?$/s;

/** @throws Failure INVALID_REQUEST quoting a form that is not known here */
export function substituted(text: string, env: Environment): string {
  return text.replace(VARIABLE, (whole, inner: string) => {
    const [, name, otherwise = ''] = FORM.exec(inner) ?? [];
    if (name === undefined)
      throw invalidRequest({ field: whole, message: 'is no variable that is understood here' });
    return env[name] || otherwise;
  });
}
