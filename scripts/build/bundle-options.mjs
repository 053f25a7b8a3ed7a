// What all bundles of the project share; `loader` names the files that are imported as their own text.
import { readFileSync } from 'node:fs';

export const bundleOptions = JSON.parse(
  readFileSync(new URL('bundle-options.json', import.meta.url), 'utf8'),
);
