import { Duration } from 'aws-cdk-lib';
import { Trigger } from 'aws-cdk-lib/triggers';
import { Construct } from 'constructs';
import { ServiceFunction } from '../../lib/constructs/service-function.ts';
import type { Network } from '../../lib/network/network.ts';
import type { Stage } from '../../lib/stage.ts';
import type { Aurora } from './aurora.construct.ts';

export interface MigrationsProps {
  stage: Stage;
  network: Network;
  aurora: Aurora;
}

/** Brings the schema up to date when deploying, before the new versions of the functions take traffic. */
export class Migrations extends Construct {
  readonly #trigger: Trigger;

  constructor(scope: Construct, id: string, { stage, network, aurora }: MigrationsProps) {
    super(scope, id);
    const { cluster } = aurora;
    const migrate = new ServiceFunction(this, 'Migrate', {
      stage,
      network,
      name: 'migrate',
      description: 'Brings the schema up to date',
      // A sleeping cluster takes its time to wake; a large index takes longer.
      timeout: Duration.minutes(14),
    });
    migrate.join('migrations');
    migrate.setEnvironment({
      DATABASE_WRITER: `${cluster.clusterEndpoint.hostname}:5432`,
      DATABASE_NAME: stage.database.name,
      OWNER_SECRET_NAME: aurora.owner.secretArn,
    });
    aurora.grantReadOwner(migrate.function);
    this.#trigger = new Trigger(this, 'Trigger', { handler: migrate.function, timeout: Duration.minutes(14) });
  }

  runBefore(services: readonly Construct[]): void {
    this.#trigger.executeBefore(...services);
  }
}
