import * as z from 'zod';
import { defineRoutes, READ_LIMIT, WRITE_LIMIT } from '../../shared/contract.ts';
import { pageOf, pageQuerySchema } from '../../shared/cursor.ts';
import { pageExample } from '../../shared/examples.ts';
import { commonProblems } from '../../shared/problem.ts';
import { uuidSchema } from '../../shared/text.ts';
import { notificationSchema } from './notification.ts';
import { notificationExample, readNotificationExample } from './notifications.examples.ts';

export const notificationRoutes = defineRoutes({
  listNotifications: {
    operationId: 'listNotifications',
    summary: "The caller's notifications, newest first.",
    method: 'GET',
    path: '/notifications',
    caller: 'user',
    query: pageQuerySchema,
    responses: {
      200: {
        description: 'A page of notifications.',
        example: pageExample(notificationExample),
        body: pageOf(notificationSchema),
      },
    },
    limit: READ_LIMIT,
  },
  readNotification: {
    operationId: 'readNotification',
    summary: 'Marks a notification as read.',
    method: 'POST',
    path: '/notifications/{id}/read',
    caller: 'user',
    params: z.object({ id: uuidSchema }),
    responses: {
      200: {
        description: 'The notification.',
        example: { notification: readNotificationExample },
        body: z.object({ notification: notificationSchema }).meta({ id: 'NotificationResponse' }),
      },
    },
    problems: [commonProblems.NOT_FOUND],
    limit: WRITE_LIMIT,
  },
});
