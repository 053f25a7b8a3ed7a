// Turns TypeScript into what jest runs, and files that are imported as text into that.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { transformSync, version } from 'esbuild';
import { bundleOptions } from './bundle-options.mjs';

const self = readFileSync(new URL(import.meta.url));

export default {
  getCacheKey(source, filename) {
    return createHash('sha1')
      .update(self)
      .update(version)
      .update(filename)
      .update(source)
      .digest('hex');
  },
  process(source, filename) {
    if (Object.keys(bundleOptions.loader).some((ending) => filename.endsWith(ending))) {
      return { code: `module.exports = { __esModule: true, default: ${JSON.stringify(source)} };` };
    }
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'cjs',
      target: 'node20',
      // jest loads what is imported late through its own require as well.
      supported: { 'dynamic-import': false },
      sourcemap: true,
      sourcefile: filename,
    });
    return { code, map };
  },
};
