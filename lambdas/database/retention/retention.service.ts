import { defineService } from '../../shared/service.ts';

/** The retention job. Its role may execute each schema's `delete_expired_rows` and has no read access. */
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
