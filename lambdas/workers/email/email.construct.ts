import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as ses from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';
import { DeclaredService } from '../../../lib/constructs/declared-service.ts';
import type { ServiceFunction } from '../../../lib/constructs/service-function.ts';
import type { ServiceTier } from '../../../lib/constructs/service-tier.ts';
import { WorkQueue } from '../../../lib/constructs/work-queue.ts';
import type { AwsPlan, Stage } from '../../../lib/stage.ts';
import { emailService } from './email.service.ts';

/** The return path of mails. Each region has its own, because a return path has one MX record, which names one region. */
export const mailFromDomain = ({ env, mailDomain }: Stage): string => `mail-${env.region}.${mailDomain}`;

/** The sender domain of mails. On AWS it has its own return path and a queue for bounces, complaints and rejected mails. */
export class MailIdentity extends Construct {
  readonly #identity: ses.EmailIdentity;
  readonly #from: string;
  #configuration: ses.ConfigurationSet | undefined;
  /** Alarms on the queue of undelivered mails and its dead-letter queue. */
  readonly alarms: cloudwatch.Alarm[] = [];

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.#from = `Throughline <no-reply@${stage.mailDomain}>`;
    this.#configuration = stage.aws && this.#makeConfiguration(stage);
    this.#identity = new ses.EmailIdentity(this, 'Identity', {
      identity: stage.aws
        ? ses.Identity.publicHostedZone(mailZone(this, stage.aws))
        : ses.Identity.domain(stage.mailDomain),
      ...(this.#configuration && {
        configurationSet: this.#configuration,
        mailFromDomain: mailFromDomain(stage),
        mailFromBehaviorOnMxFailure: ses.MailFromBehaviorOnMxFailure.REJECT_MESSAGE,
      }),
    });
  }

  grantSend(fn: ServiceFunction): void {
    this.#identity.grantSendEmail(fn.function);
    // SES checks permission for both the identity and its default configuration set.
    if (this.#configuration) {
      const { configurationSetName } = this.#configuration;
      const resourceArns = [
        Stack.of(this).formatArn({ service: 'ses', resource: 'configuration-set', resourceName: configurationSetName }),
      ];
      iam.Grant.addToPrincipal({ grantee: fn.function, actions: ['ses:SendEmail'], resourceArns });
    }
    fn.function.addEnvironment('MAIL_FROM', this.#from);
  }

  /** SES stops sending to addresses that bounced or complained. Each such event also goes to a queue that engineers read. */
  #makeConfiguration(stage: Stage): ses.ConfigurationSet {
    const set = new ses.ConfigurationSet(this, 'Configuration', {
      configurationSetName: stage.regionalName,
      tlsPolicy: ses.ConfigurationSetTlsPolicy.REQUIRE,
      reputationMetrics: true,
      suppressionReasons: ses.SuppressionReasons.BOUNCES_AND_COMPLAINTS,
    });
    const undelivered = new WorkQueue(this, 'Undelivered', { stage, name: 'mail-undelivered', manual: true });
    this.alarms.push(...undelivered.alarms);
    set.addEventDestination('Events', {
      destination: ses.EventDestination.eventBus(events.EventBus.fromEventBusName(this, 'DefaultBus', 'default')),
      events: [ses.EmailSendingEvent.BOUNCE, ses.EmailSendingEvent.COMPLAINT, ses.EmailSendingEvent.REJECT],
    });
    new events.Rule(this, 'NotDelivered', {
      description: 'Mails that bounced, were complained of or refused',
      eventPattern: undeliveredEvents(stage),
      targets: [new targets.SqsQueue(undelivered.queue)],
    });
    return set;
  }
}

/**
 * By their names (https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-ses.html) and by the configuration set, which SES
 * puts among a mail's tags (https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html). The events'
 * `resources` do not have the identity.
 */
function undeliveredEvents({ regionalName }: Stage): events.EventPattern {
  return {
    source: ['aws.ses'],
    detailType: ['Email Bounced', 'Email Complaint Received', 'Email Rejected'],
    detail: { mail: { tags: { 'ses:configuration-set': [regionalName] } } },
  };
}

function mailZone(scope: Construct, { domain: zoneName, hostedZoneId }: AwsPlan): route53.IPublicHostedZone {
  return route53.PublicHostedZone.fromPublicHostedZoneAttributes(scope, 'Zone', { zoneName, hostedZoneId });
}

export interface EmailWorkerProps extends ServiceTier {
  mail: MailIdentity;
}

/** Sends mails on events. */
export class EmailWorker extends DeclaredService<typeof emailService> {
  constructor(scope: Construct, id: string, { mail, ...tier }: EmailWorkerProps) {
    super(scope, id, emailService, tier);
    mail.grantSend(this.functionNamed('email'));
  }
}
