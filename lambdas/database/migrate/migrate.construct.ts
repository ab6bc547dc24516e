import { Trigger } from 'aws-cdk-lib/triggers';
import type { Construct } from 'constructs';
import { DeclaredService } from '../../../lib/constructs/declared-service.ts';
import { MIGRATION_TIMEOUT } from '../../../lib/constructs/service-function.ts';
import type { ServiceTier } from '../../../lib/constructs/service-tier.ts';
import type { Aurora } from '../aurora.construct.ts';
import { migrateService } from './migrate.service.ts';

/** Migrates the schema in each deployment, before the new versions of the functions receive traffic. */
export class Migrations extends DeclaredService<typeof migrateService> {
  readonly #trigger: Trigger;

  constructor(scope: Construct, id: string, { aurora, ...tier }: ServiceTier & { aurora: Aurora }) {
    super(scope, id, migrateService, tier);
    const migrate = this.functionNamed('migrate');
    migrate.join('migrations');
    migrate.setEnvironment({
      DATABASE_WRITER: `${aurora.cluster.clusterEndpoint.hostname}:5432`,
      DATABASE_NAME: tier.stage.database.name,
      OWNER_SECRET_NAME: aurora.owner.secretArn,
    });
    aurora.grantReadOwner(migrate.function);
    this.#trigger = new Trigger(this, 'Trigger', { handler: migrate.function, timeout: MIGRATION_TIMEOUT });
  }

  runBefore(services: readonly Construct[]): void {
    this.#trigger.executeBefore(...services);
  }
}
