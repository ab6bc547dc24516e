import type { Construct } from 'constructs';
import { DeclaredService } from '../../../lib/constructs/declared-service.ts';
import type { ServiceTier } from '../../../lib/constructs/service-tier.ts';
import { notificationsService } from './notifications.service.ts';

/** Notifications: the API that lists them and the worker that writes them. */
export class NotificationsService extends DeclaredService<typeof notificationsService> {
  constructor(scope: Construct, id: string, tier: ServiceTier) {
    super(scope, id, notificationsService, tier);
  }
}
