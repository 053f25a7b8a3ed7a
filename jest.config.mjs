export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  transform: {
    '\\.(ts|lua|html|css|openapi|asyncapi|client\\.js)$':
      '<rootDir>/scripts/build/jest-transform.mjs',
  },
  moduleFileExtensions: [
    'ts',
    'mjs',
    'js',
    'json',
    'lua',
    'html',
    'css',
    'openapi',
    'asyncapi',
    'node',
  ],
  globalSetup: '<rootDir>/tests/support/set-up.ts',
  testTimeout: 180_000,
  maxWorkers: 2,
};
