// Turns TypeScript into what jest runs, and Redis scripts into their own text.
import { transformSync } from 'esbuild';

export default {
  process(source, filename) {
    if (filename.endsWith('.lua')) {
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
