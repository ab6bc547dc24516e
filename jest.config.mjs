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

/** What synthesizes templates once for all tests of a suite. */
const GLOBAL_SETUPS = { synth: 'assembly-setup.ts', emulated: 'emulated/releases.ts' };

export default {
  testTimeout: 60_000,
  projects: ['unit', 'synth', 'emulated', 'integration', 'path', 'failure', 'laptop'].map((name) =>
    project(name, name in GLOBAL_SETUPS ? { globalSetup: `<rootDir>/test/support/${GLOBAL_SETUPS[name]}` } : {}),
  ),
};
