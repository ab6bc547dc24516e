import { Duration } from 'aws-cdk-lib';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import { Construct } from 'constructs';
import { ServiceFunction } from '../../lib/constructs/service-function.ts';
import { ServiceSecret } from '../../lib/constructs/service-secret.ts';
import type { Stage } from '../../lib/stage.ts';

/** SES's own mailbox that takes everything and counts against no reputation. */
const BUYER_EMAIL = 'success@simulator.amazonses.com';

const EVERY = Duration.minutes(5);

/** A customer who never sleeps: tells within minutes when people cannot buy, whichever hop is to blame. */
export class SyntheticBuyer extends Construct {
  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    const password = new ServiceSecret(this, 'Password', {
      stage,
      name: 'synthetic-buyer',
      description: 'The synthetic buyer’s log-in',
    });
    const buyer = new ServiceFunction(this, 'Buyer', {
      stage,
      // Outside the network, where people are.
      network: undefined,
      name: 'synthetic-buyer',
      description: 'Places and cancels an order through the front door',
      timeout: Duration.seconds(60),
      concurrency: 1,
      scheduled: EVERY,
      environment: { BUYER_EMAIL },
    });
    password.grantRead(buyer, 'BUYER_PASSWORD_NAME');
    new events.Rule(this, 'EveryFiveMinutes', {
      schedule: events.Schedule.rate(EVERY),
      targets: [new targets.LambdaFunction(buyer.target, { retryAttempts: 0 })],
    });
  }
}
