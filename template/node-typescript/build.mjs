// Bundles the function, its door and all they need into one file, so that the image holds no
// node_modules and the process starts fast.
import { build } from 'esbuild';

await build({
  entryPoints: ['index.ts'],
  outfile: 'dist/index.js',
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  loader: { '.lua': 'text' },
  define: { 'process.env.BUILD_VERSION': JSON.stringify(process.env.BUILD_VERSION ?? '0.1.0') },
  // Some modules are CommonJS and ask for Node's own modules with require.
  banner: {
    js: "import { createRequire as bundledRequire } from 'node:module';const require = bundledRequire(import.meta.url);",
  },
  logLevel: 'error',
});
