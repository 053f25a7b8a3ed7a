/**
 * The observable behaviours of an OpenFaaS system, numbered as the conformance sheet numbers them.
 * Each has one test, found by its number; `docs/develop/openfaas-conformance.md` is generated from this.
 */

import { asyncInvocation } from './async-invocation.ts';
import { basics } from './basics.ts';
import { container } from './container.ts';
import { functions } from './function-rows.ts';
import { invocation } from './invocation.ts';
import { system } from './system.ts';
import { tooling } from './tooling.ts';
import type { Row, Section } from './conformance-row.ts';

export const sections: readonly Section[] = [
  basics,
  functions,
  system,
  invocation,
  asyncInvocation,
  container,
  tooling,
];

export const rows: readonly Row[] = sections.flatMap((section) => section.rows);
