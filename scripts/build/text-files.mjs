// Files that are imported as their own text, as esbuild wants to be told: Redis scripts, and what the
// gateway's page is made of.
export const textFiles = {
  '.lua': 'text',
  '.html': 'text',
  '.css': 'text',
  '.client.js': 'text',
  '.openapi': 'text',
  '.asyncapi': 'text',
};
