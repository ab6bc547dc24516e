import { defineService } from '../../shared/service.ts';

/** Bulk jobs. Their queue is deployed; the worker does not exist yet (README, "Not there yet"). */
export const bulkService = defineService({
  name: 'bulk',
  folder: 'workers/bulk',
  queues: { 'bulk-jobs': {} },
  functions: {},
});
