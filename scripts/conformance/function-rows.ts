import type { Section } from './conformance-row.ts';

export const functions: Section = {
  title: 'Functions: create, update, list, delete',
  rows: [
    {
      number: 14,
      level: 'M',
      behaviour: 'empty list is `[]` with application/json',
    },
    {
      number: 15,
      level: 'M',
      behaviour: 'PUT on unknown function → **404**',
    },
    {
      number: 16,
      level: 'M',
      behaviour: 'POST new → 200 or 202, never 201',
      here: '200.',
    },
    {
      number: 17,
      level: 'M',
      behaviour: 'PUT existing → 200 or 202',
      here: '200. A deployment without changes is executed too.',
    },
    {
      number: 18,
      level: 'F',
      behaviour: 'POST existing → 4xx with text (CE: 400 "already exists")',
      here: '400, as CE.',
    },
    {
      number: 19,
      level: 'F',
      behaviour: 'missing body → 400',
    },
    {
      number: 20,
      level: 'F',
      behaviour: 'malformed JSON → 400 with reason text',
    },
    {
      number: 21,
      level: 'D',
      behaviour: 'missing `service` or `image` → 400',
      faasdCe: 'A deployment without either fails later, in containerd.',
    },
    {
      number: 22,
      level: 'D',
      behaviour: 'name outside DNS-1123 → 400',
      faasdCe: 'Any name is taken; containerd may refuse it.',
      here: 'A label of a host name, at most 63 characters.',
    },
    {
      number: 23,
      level: 'F',
      behaviour: 'non-string env/label value → 400',
    },
    {
      number: 24,
      level: 'M',
      behaviour: 'unknown JSON fields ignored',
    },
    {
      number: 25,
      level: 'F',
      behaviour: 'unknown secret in spec → 400 naming it, nothing changed',
      faasdCe: 'On PUT the 400 is written and the old function is removed all the same.',
    },
    {
      number: 26,
      level: 'D',
      behaviour: 'failed update leaves the old function serving',
      faasdCe:
        'A failed PUT can leave no function at all: the old one is removed before the new one is known to start.',
      here: 'The new one is loaded before it takes the old one’s place; calls that the old one took end there.',
    },
    {
      number: 27,
      level: 'M',
      behaviour:
        'list item has name, image, namespace, labels, annotations, envProcess, envVars, secrets, replicas, availableReplicas, invocationCount, createdAt',
      faasdCe: '`envVars` also lists what the image sets.',
      here: 'What was deployed, no more: there is no image with an environment of its own. `constraints`, `limits`, `requests` and `readOnlyRootFilesystem` only where they were sent.',
    },
    {
      number: 28,
      level: 'M',
      behaviour: '`replicas` is an integer; `createdAt` RFC 3339, never `""`',
    },
    {
      number: 29,
      level: 'F',
      behaviour: 'labels and annotations come back exactly as sent, separately',
    },
    {
      number: 30,
      level: 'D',
      behaviour: 'env values with `=` or non-ASCII come back whole',
      faasdCe: 'A value is shown cut at its second `=`.',
    },
    {
      number: 31,
      level: 'D',
      behaviour: 'limits/requests echoed as sent in list **and** single status',
      faasdCe: 'The list shows memory normalised; the single status leaves limits out.',
      here: 'The memory limit bounds the heap of the function’s threads, and a size that is none is a 400; cpu, requests and constraints are kept and say nothing here.',
    },
    {
      number: 32,
      level: 'M',
      behaviour: 'GET /system/function/NAME → same object',
      faasdCe: 'Limits are missing.',
    },
    {
      number: 33,
      level: 'M',
      behaviour: 'GET status of unknown → 404',
    },
    {
      number: 34,
      level: 'M',
      behaviour: '`?namespace=openfaas-fn` accepted on list and status',
    },
    {
      number: 35,
      level: 'F',
      behaviour: 'list of unknown namespace → 400',
    },
    {
      number: 36,
      level: 'D',
      behaviour: 'availableReplicas > 0 only when it can serve',
      faasdCe: 'A task that runs counts as available; readiness is not asked.',
      here: 'Its handler is loaded and its `ready` passes. A function that nobody has called since the runtime started counts as available: its first call loads it, and waits for that.',
    },
    {
      number: 37,
      level: 'M',
      behaviour: 'DELETE `{functionName}` → 200/202',
    },
    {
      number: 38,
      level: 'M',
      behaviour: 'DELETE unknown → 404',
    },
    {
      number: 39,
      level: 'F',
      behaviour: 'after DELETE, invocation → 404',
    },
    {
      number: 40,
      level: 'D',
      behaviour: 'deploy needs no registry round trip for a local image, or fails cleanly',
      faasdCe:
        'The image is pulled at every deployment, and without the registry the deployment fails.',
      here: 'Nothing is pulled. An image is known by the last part of its name, whatever its registry, tag or digest: the programs of the build and of the stack file. Any other is a 400 that names it.',
    },
    {
      number: 41,
      level: 'D',
      behaviour: 'concurrent deploys of different functions do not corrupt state',
    },
    {
      number: 42,
      level: 'D',
      behaviour: '40 functions can be deployed',
      faasdCe: 'The 16th is refused with 400: the licence of CE allows 15.',
    },
    {
      number: 43,
      level: 'D',
      behaviour: 'functions survive a runtime restart',
      faasdCe: 'Tasks end with the host; each comes back at its first call through the gateway.',
      here: 'The stack file is read anew, and what the API changed over it is kept in `gateway/functions.json` of the data folder. A function is loaded at its first call.',
    },
  ],
};
