/** The import rules of the house; see docs/decisions. */
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
      comment: 'Only constructs, handlers and the named adapters speak to AWS or the CDK.',
      severity: 'error',
      from: {
        path: '^lambdas/',
        pathNot: '\\.(construct|handler)\\.ts$|/(kms-keys|secrets|ses-mailer|publisher|consumer|logger|metrics)\\.ts$',
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
    ...['auth', 'catalog', 'orders', 'payments', 'workers/email', 'workers/notifications', 'health'].map((service) => ({
      name: `only-${service.replace('/', '-')}-uses-its-own`,
      comment: 'A service reads another through a granted view or hears by event.',
      severity: 'error',
      from: { path: '^lambdas/', pathNot: [`^lambdas/${service}/`, '\\.construct\\.ts$'] },
      to: { path: `^lambdas/${service}/`, pathNot: '\\.construct\\.ts$', dependencyTypesNot: ['type-only'] },
    })),
    {
      name: 'only-the-gateway-lists-contracts',
      comment: 'Infrastructure sees a service by its construct and its contract.',
      severity: 'error',
      from: { path: '^lib/' },
      to: { path: '^lambdas/(auth|catalog|orders|payments|workers|health)/', pathNot: '\\.(construct|routes)\\.ts$' },
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
