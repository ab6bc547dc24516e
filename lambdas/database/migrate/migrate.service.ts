import { defineService } from '../../shared/service.ts';

/** Brings the schema up to date in a deployment. It signs in as the schema's owner. On a laptop `npm start` migrates. */
export const migrateService = defineService({
  name: 'migrate',
  folder: 'database/migrate',
  functions: {
    migrate: {
      kind: 'migration',
      handler: 'migrate.handler.ts',
      description: 'Brings the schema up to date',
      runsOn: 'aws',
      files: ['database/migrations'],
    },
  },
});
