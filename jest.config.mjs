// Node strips the types, so Jest runs TypeScript as native ES modules without a transform.
const project = (name, extra = {}) => ({
  displayName: name,
  testEnvironment: 'node',
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'mjs', 'js', 'json', 'node'],
  modulePathIgnorePatterns: ['<rootDir>/.build', '<rootDir>/.local', '<rootDir>/.test', '<rootDir>/cdk.out'],
  testMatch: [`<rootDir>/test/${name}/**/*.test.ts`],
  ...extra,
});

export default {
  testTimeout: 60_000,
  projects: ['unit', 'synth', 'integration', 'path', 'failure', 'laptop'].map((name) =>
    project(name, name === 'synth' ? { globalSetup: '<rootDir>/test/support/assembly-setup.ts' } : {}),
  ),
};
