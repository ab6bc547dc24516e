import type { IConstruct } from 'constructs';
import type { ValkeyCluster } from '../../lambdas/cache/valkey.construct.ts';
import type { Aurora } from '../../lambdas/database/aurora.construct.ts';
import type { Queues } from '../../lambdas/queue/queue.construct.ts';
import type { MailIdentity } from '../../lambdas/workers/email/email.construct.ts';
import type { ApiGateway } from '../gateway/api-gateway.ts';
import type { Balancer } from '../gateway/balancer.ts';
import type { AwsPlan, Stage } from '../stage.ts';

/** The constructs to monitor, for each hop. */
export interface MonitoredResources {
  stage: Stage;
  plan: AwsPlan;
  /** The stack with the functions. Every function in it is monitored. */
  services: IConstruct;
  queues: Queues;
  mail: MailIdentity;
  gateway: ApiGateway;
  balancer: Balancer;
  aurora: Aurora;
  valkey: ValkeyCluster;
}
