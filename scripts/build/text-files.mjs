// Files that are imported as their own text, in the form that esbuild's `loader` takes: Redis scripts, and the
// files of the gateway's page.
export const textFiles = {
  '.lua': 'text',
  '.html': 'text',
  '.css': 'text',
  '.client.js': 'text',
  '.openapi': 'text',
  '.asyncapi': 'text',
};
