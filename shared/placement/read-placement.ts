/** Reads DEVICE_FILE and SERVICES_FILE, and validates them together. */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { invalidRequest, type FieldViolation } from '#shared/kernel/failure.ts';
import { ALIASES_MAX, requireLength, yamlComplaint } from '#shared/process/bounded-yaml.ts';
import { allLocal, remotePlaces, type Placement } from './placement.ts';
import { validatePlacement } from './validate-placement.ts';
import { deviceFileSchema, servicesFileSchema } from './placement-schemas.ts';

export interface PlacementSettings {
  readonly deviceFile?: string | undefined;
  readonly servicesFile?: string | undefined;
  readonly redisUrl?: string | undefined;
  readonly grpcTlsCert?: string | undefined;
}

const TOKEN_LENGTH_MIN = 16;

/**
 * Without the files everything is local.
 * @throws Failure INVALID_REQUEST with every complaint, each naming the file and the path in it
 */
export async function readPlacement(settings: PlacementSettings): Promise<Placement> {
  const { deviceFile, servicesFile } = settings;
  if (deviceFile === undefined && servicesFile === undefined) return allLocal;
  if (deviceFile === undefined || servicesFile === undefined) {
    const [missing, given] = deviceFile === undefined ? NAMES : NAMES.toReversed();
    throw invalidRequest({ field: `${missing}`, message: `is needed, because ${given} is set` });
  }
  const complaints: FieldViolation[] = [];
  const device = await readYaml(resolve(deviceFile), deviceFileSchema, complaints);
  const services = await readYaml(resolve(servicesFile), servicesFileSchema, complaints);
  if (!device || !services) throw invalidRequest(...complaints);
  const { redisUrl, grpcTlsCert } = settings;
  const around = { redisUrl, hasTls: grpcTlsCert !== undefined };
  const placement = validatePlacement({ device, services }, around, complaints);
  await validateTokens(placement, device.path, complaints);
  if (complaints.length > 0) throw invalidRequest(...complaints);
  return placement;
}

const NAMES = ['DEVICE_FILE', 'SERVICES_FILE'];

async function readYaml<Schema extends z.ZodType>(
  path: string,
  schema: Schema,
  complaints: FieldViolation[],
): Promise<{ path: string; content: z.output<Schema> } | undefined> {
  const complain = (field: string, message: string): undefined =>
    void complaints.push({ field, message });
  const text = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) =>
    complain(path, `cannot be read (${cause.code})`),
  );
  if (text === undefined) return undefined;
  try {
    requireLength(text);
  } catch (thrown) {
    return complain(path, yamlComplaint(thrown));
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  for (const { pos, message } of document.errors)
    complain(`${path}: line ${lines.linePos(pos[0]).line}`, message);
  if (document.errors.length > 0) return undefined;
  let content: unknown;
  try {
    content = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (thrown) {
    return complain(path, yamlComplaint(thrown));
  }
  const parsed = schema.safeParse(content);
  if (parsed.success) return { path, content: parsed.data };
  for (const issue of parsed.error.issues)
    for (const [field, message] of issueMessages(issue)) complain(`${path}: ${field}`, message);
  return undefined;
}

/** Path and message of an issue, one pair for each unknown key. */
function issueMessages(issue: z.core.$ZodIssue): [string, string][] {
  const path = issue.path.join('.');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => [path === '' ? key : `${path}.${key}`, 'is not known here']);
  const missing = issue.code === 'invalid_type' && issue.input === undefined;
  return [[path === '' ? 'the file' : path, missing ? 'is needed' : issue.message]];
}

/** A token that cannot be read is reported now, not at the first order. */
async function validateTokens(
  placement: Placement,
  devicePath: string,
  complaints: FieldViolation[],
): Promise<void> {
  const devices = new Map(remotePlaces(placement).map(({ device }) => [device.name, device]));
  for (const { name, tokenFile } of devices.values()) {
    if (tokenFile === undefined) continue;
    const text = await readFile(tokenFile, 'utf8').catch(() => undefined);
    const field = `${devicePath}: devices.${name}.tokenFile`;
    if (text === undefined) complaints.push({ field, message: `${tokenFile} cannot be read` });
    else if (text.trim().length < TOKEN_LENGTH_MIN)
      complaints.push({ field, message: `${tokenFile} is too short for a token` });
  }
}
