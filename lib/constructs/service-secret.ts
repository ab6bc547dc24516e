import { RemovalPolicy } from 'aws-cdk-lib';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import { acknowledge } from './acknowledge.ts';
import type { ServiceFunction } from './service-function.ts';

export interface ServiceSecretProps {
  stage: Stage;
  /** Unique in the stage. */
  name: string;
  description: string;
}

/** A secret that is made where it is kept and read where it is used: no template, variable or file ever holds it. */
export class ServiceSecret extends Construct {
  readonly #name: string;

  constructor(scope: Construct, id: string, { stage, name, description }: ServiceSecretProps) {
    super(scope, id);
    this.#name = `throughline-${stage.name}-${name}`;
    const secret = new secretsmanager.Secret(this, 'Secret', {
      secretName: this.#name,
      description,
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    acknowledge(secret, 'SMG4', 'Two sides must change at once; docs/runbook.md says how it is changed by hand');
  }

  /** Lets a function read it, and tells the function its name in `variable`. By name: emulators give no ARN for a secret. */
  grantRead(fn: ServiceFunction, variable: string): void {
    secretsmanager.Secret.fromSecretNameV2(fn, variable, this.#name).grantRead(fn.function);
    fn.function.addEnvironment(variable, this.#name);
  }
}
