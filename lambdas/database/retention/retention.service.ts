import { defineService } from '../../shared/service.ts';

/** The retention job. Its role may call each schema's `delete_expired_rows` and read nothing. */
export const retentionService = defineService({
  name: 'retention',
  folder: 'database/retention',
  database: {},
  functions: {
    retention: {
      kind: 'job',
      handler: 'retention.handler.ts',
      description: 'Deletes rows past their retention period',
      database: true,
      everyMinutes: 24 * 60,
    },
  },
});
