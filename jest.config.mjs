export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  transform: { '\\.(ts|lua)$': '<rootDir>/scripts/jest-transform.mjs' },
  moduleFileExtensions: ['ts', 'mjs', 'js', 'json', 'lua', 'node'],
  globalSetup: '<rootDir>/tests/support/require-redis.ts',
  testTimeout: 60_000,
  maxWorkers: 2,
};
