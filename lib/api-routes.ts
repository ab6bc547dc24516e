import { authRoutes } from '../lambdas/auth/auth.routes.ts';
import { catalogRoutes } from '../lambdas/catalog/catalog.routes.ts';
import { healthRoutes } from '../lambdas/health/health.routes.ts';
import { orderRoutes } from '../lambdas/orders/orders.routes.ts';
import { paymentRoutes } from '../lambdas/payments/payments.routes.ts';
import { notificationRoutes } from '../lambdas/workers/notifications/notifications.routes.ts';

/** The public contract: every operation of every service. */
export const API_ROUTES = {
  ...authRoutes,
  ...catalogRoutes,
  ...orderRoutes,
  ...paymentRoutes,
  ...notificationRoutes,
  ...healthRoutes,
};
