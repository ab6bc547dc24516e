const { readdirSync } = require('node:fs');
const path = require('node:path');

/** The folders that hold a service: each declares it in a `*.service.ts`. They are found, so no list needs a new service. */
const serviceFolders = [
  ...new Set(
    readdirSync(path.join(__dirname, 'lambdas'), { recursive: true })
      .map((file) => String(file).replaceAll(path.sep, '/'))
      .filter((file) => file.endsWith('.service.ts'))
      .map((file) => path.posix.dirname(file)),
  ),
].sort();
/** What a service shows to others: its deployment, its contract, its declaration and its events. */
const PUBLISHED = '\\.(construct|routes|service|events)\\.ts$';
/** A service may hold another in a folder of its own, which is as closed as any. */
const within = (folder) =>
  serviceFolders.filter((other) => other.startsWith(`${folder}/`)).map((other) => `^lambdas/${other}/`);

/** The import rules of the project; see docs/decisions. */
module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle has no first file to read.',
      severity: 'error',
      from: {},
      to: { circular: true, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'use-cases-know-no-aws',
      comment: 'Only constructs, handlers and the named adapters use the AWS SDK or the CDK.',
      severity: 'error',
      from: {
        path: '^lambdas/',
        pathNot:
          '\\.(construct|handler)\\.ts$|/(kms-keys|secrets|ses-mailer|publisher|consumer|sqs-client|logger|metrics)\\.ts$',
      },
      to: {
        path: 'node_modules/(@aws-sdk|aws-cdk-lib|constructs|@aws-lambda-powertools)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'handlers-know-no-cdk',
      comment: 'The CDK in a bundle would be megabytes.',
      severity: 'error',
      from: { path: '^lambdas/', pathNot: '\\.construct\\.ts$' },
      to: { path: 'node_modules/(aws-cdk-lib|constructs)/|^lib/' },
    },
    {
      name: 'functions-know-no-declarations',
      comment:
        'The declarations import every contract: a bundle with them would be large. What a function needs is in its environment.',
      severity: 'error',
      from: {
        path: '^lambdas/',
        pathNot: '\\.(construct|service)\\.ts$|^lambdas/(services|registry)\\.ts$|^lambdas/database/migrate/',
      },
      to: { path: '\\.service\\.ts$|^lambdas/(services|registry)\\.ts$', dependencyTypesNot: ['type-only'] },
    },
    ...serviceFolders.map((folder) => ({
      name: `only-${folder.replaceAll('/', '-')}-uses-its-own`,
      comment: 'A service reads another service through a granted view or consumes its events.',
      severity: 'error',
      from: { path: ['^lambdas/', '^lib/'], pathNot: [`^lambdas/${folder}/`, '\\.construct\\.ts$'] },
      to: { path: `^lambdas/${folder}/`, pathNot: [PUBLISHED, ...within(folder)], dependencyTypesNot: ['type-only'] },
    })),
    {
      name: 'client-stands-alone',
      comment: 'Others install the client without this repository. Its types are generated from the contracts.',
      severity: 'error',
      from: { path: '^client/' },
      to: { pathNot: '^client/' },
    },
    {
      name: 'no-test-code-outside-tests',
      severity: 'error',
      from: { pathNot: '^test/' },
      to: { path: '^test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};
