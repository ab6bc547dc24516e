import { defineService } from '../../shared/service.ts';

/** Migrates the schema in each deployment, as the schema's owner. On a laptop, `npm start` migrates it instead. */
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
