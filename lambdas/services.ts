import { authService } from './auth/auth.service.ts';
import { authorizerService } from './auth/authorizer.service.ts';
import { catalogService } from './catalog/catalog.service.ts';
import { migrateService } from './database/migrate/migrate.service.ts';
import { retentionService } from './database/retention/retention.service.ts';
import { healthService } from './health/health.service.ts';
import { ordersService } from './orders/orders.service.ts';
import { paymentsService } from './payments/payments.service.ts';
import { sandboxService } from './payments/sandbox/sandbox.service.ts';
import { relayService } from './queue/relay/relay.service.ts';
import { referenceService } from './reference/reference.service.ts';
import { syntheticService } from './synthetic/synthetic.service.ts';
import { bulkService } from './workers/bulk/bulk.service.ts';
import { emailService } from './workers/email/email.service.ts';
import { notificationsService } from './workers/notifications/notifications.service.ts';

/** The one list of all services. `npm run new-service` adds to it; everything else is derived from it (registry.ts). */
export const SERVICES = [
  authService,
  authorizerService,
  catalogService,
  ordersService,
  paymentsService,
  sandboxService,
  emailService,
  notificationsService,
  bulkService,
  relayService,
  retentionService,
  migrateService,
  healthService,
  referenceService,
  syntheticService,
] as const;
