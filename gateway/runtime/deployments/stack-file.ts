/** What a stack file says about each function; unknown keys are ignored. */
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import * as z from 'zod';
import { Failure, invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import { parseYaml } from '#shared/process/bounded-yaml.ts';
import { NAME_PATTERN, NAME_RULE, type Deployment } from './deployment.ts';
import { programName, type FunctionProgram } from './runnable-images.ts';
import { substituted } from './substitution.ts';

type Variables = Readonly<Record<string, string | undefined>>;

const texts = z.record(z.string(), z.string());

/** A key without a value counts as absent. */
const someTexts = texts.nullish().transform((value) => value ?? {});
const someList = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const optional = <Value extends z.ZodType>(value: Value) =>
  value.nullish().transform((given) => given ?? undefined);

const functionSchema = z.looseObject({
  handler: z.string().min(1),
  image: z.string().min(1),
  lang: optional(z.string()),
  fprocess: optional(z.string()),
  environment: someTexts,
  environment_file: someList,
  labels: someTexts,
  annotations: someTexts,
  secrets: someList,
  constraints: optional(z.array(z.string())),
  limits: optional(texts),
  requests: optional(texts),
  readonly_root_filesystem: optional(z.boolean()),
});

const stackSchema = z.looseObject({
  // faas-cli writes it without quotes, which makes it a number.
  version: z.literal(['1.0', 1]).nullish(),
  provider: z.looseObject({ name: z.literal('openfaas') }),
  functions: z.record(z.string().regex(NAME_PATTERN, NAME_RULE), functionSchema),
});

export interface StackFunction extends Omit<Deployment, 'createdAt'> {
  /** Folder of the handler, without a leading `./`. */
  readonly handler: string;
  /** The template it is written for. */
  readonly lang?: string | undefined;
  /** Files with more of its environment, the later over the earlier. */
  readonly environmentFiles?: readonly string[];
}

/**
 * @param env gives the variables in it their values
 * @throws Failure INVALID_REQUEST naming every wrong key
 */
export function parseStack(yaml: string, env: Variables = {}): readonly StackFunction[] {
  const { functions } = readYaml(stackSchema, substituted(yaml, env));
  return Object.entries(functions).map(([name, row]) => ({
    name,
    handler: row.handler.replace(/^\.\//, '').replace(/\/+$/, ''),
    image: row.image,
    lang: row.lang,
    envProcess: row.fprocess,
    environment: row.environment,
    environmentFiles: row.environment_file,
    labels: row.labels,
    annotations: row.annotations,
    secrets: row.secrets,
    constraints: row.constraints,
    limits: row.limits,
    requests: row.requests,
    readOnlyRootFilesystem: row.readonly_root_filesystem,
  }));
}

/**
 * A stack file with all it refers to; paths in it are from its own folder.
 * @throws Failure REFUSED where a file cannot be read, INVALID_REQUEST naming every wrong key
 */
export async function readStackFile(
  file: string,
  env: Variables,
): Promise<readonly StackFunction[]> {
  const stack = parseStack(await readText(file), env);
  const folder = dirname(file);
  const processes = new Map(
    await Promise.all(
      [...new Set(stack.map(({ lang }) => lang))].map(
        async (lang) => [lang, await processOf(lang, folder)] as const,
      ),
    ),
  );
  return Promise.all(
    stack.map(async ({ environmentFiles = [], ...one }) => {
      const envProcess = one.envProcess ?? processes.get(one.lang);
      const files = environmentFiles.map((name) => environmentIn(resolve(folder, name), env));
      const environments = [one.environment, ...(await Promise.all(files))];
      return {
        ...one,
        envProcess,
        environment: Object.assign({}, ...environments) as Deployment['environment'],
      };
    }),
  );
}

const templateSchema = z.looseObject({ fprocess: z.string().optional() });

/** What faas-cli would send where the function itself names no process: that of its template. */
async function processOf(lang: string | undefined, folder: string): Promise<string | undefined> {
  if (lang === undefined || !/^[\w.-]+$/.test(lang)) return undefined;
  const file = resolve(folder, 'template', lang, 'template.yml');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : readYaml(templateSchema, text).fprocess;
}

const environmentSchema = z.looseObject({ environment: someTexts });

async function environmentIn(file: string, env: Variables): Promise<Deployment['environment']> {
  return readYaml(environmentSchema, substituted(await readText(file), env)).environment;
}

function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new Failure(
      'REFUSED',
      `STACK_FILE: cannot read ${file} (${cause.code ?? 'unknown'}).`,
      { rule: 'stack-file-unreadable' },
      cause,
    );
  });
}

function readYaml<S extends z.ZodType>(schema: S, yaml: string): z.output<S> {
  const parsed = schema.safeParse(parsedYaml(yaml));
  if (parsed.success) return parsed.data;
  throw invalidRequest(...parsed.error.issues.map(complaintOf));
}

/** @throws Failure INVALID_REQUEST with the first line of what the parser says, which names the place */
function parsedYaml(yaml: string): unknown {
  try {
    return parseYaml(yaml);
  } catch (thrown) {
    throw invalidRequest({ field: 'STACK_FILE', message: `no YAML: ${(thrown as Error).message}` });
  }
}

/** For a wrong key, the rule for keys has the reason. */
function complaintOf(issue: z.core.$ZodIssue): FieldViolation {
  const [ofKey] = issue.code === 'invalid_key' ? issue.issues : [];
  return { field: issue.path.join('.') || 'STACK_FILE', message: (ofKey ?? issue).message };
}

/** A function of a stack file as what is deployed when a host starts. */
export function deploymentOf(
  { handler: _folder, lang: _template, environmentFiles: _read, ...deployment }: StackFunction,
  createdAt: string,
): Deployment {
  return { ...deployment, createdAt };
}

/**
 * The programs that a stack file names by the images of its functions.
 * @throws Failure INVALID_REQUEST where one image stands for two handlers
 */
export function programsOf(
  stack: readonly StackFunction[],
): readonly Omit<FunctionProgram, 'isOurs'>[] {
  const programs = new Map<string, Omit<FunctionProgram, 'isOurs'>>();
  for (const { name: functionName, image, handler: folder } of stack) {
    const name = programName(image);
    const known = programs.get(name);
    if (known && known.folder !== folder)
      throw invalidRequest({
        field: `functions.${functionName}.image`,
        message: `"${name}" already stands for ${known.folder}`,
      });
    programs.set(name, { name, folder });
  }
  return [...programs.values()];
}
