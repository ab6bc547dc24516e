import * as ses from 'aws-cdk-lib/aws-ses';
import { Construct } from 'constructs';
import type { ServiceTier } from '../../../lib/constructs/api-service.ts';
import { ServiceFunction, WORKER_TIMEOUT } from '../../../lib/constructs/service-function.ts';
import type { Stage } from '../../../lib/stage.ts';

/** The domain that mails come from. */
export class MailIdentity extends Construct {
  readonly #identity: ses.EmailIdentity;
  readonly #from: string;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.#identity = new ses.EmailIdentity(this, 'Identity', { identity: ses.Identity.domain(stage.mailDomain) });
    this.#from = `Throughline <no-reply@${stage.mailDomain}>`;
  }

  grantSend(fn: ServiceFunction): void {
    this.#identity.grantSendEmail(fn.function);
    fn.function.addEnvironment('MAIL_FROM', this.#from);
  }
}

export interface EmailWorkerProps extends ServiceTier {
  mail: MailIdentity;
}

/** Mails what the events of the house ask for. */
export class EmailWorker extends Construct {
  constructor(scope: Construct, id: string, { stage, network, database, queues, mail }: EmailWorkerProps) {
    super(scope, id);
    const worker = new ServiceFunction(this, 'Worker', {
      stage,
      network,
      name: 'email',
      description: 'Sends mails',
      timeout: WORKER_TIMEOUT,
      concurrency: stage.concurrency.worker,
    });
    database.connect(worker, 'email');
    mail.grantSend(worker);
    queues.consume('email', worker);
  }
}
