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

/** A secret that Secrets Manager generates and functions read at run time. It is in no template, variable or file. */
export class ServiceSecret extends Construct {
  readonly #name: string;

  constructor(scope: Construct, id: string, { stage, name, description }: ServiceSecretProps) {
    super(scope, id);
    this.#name = `${stage.regionalName}-${name}`;
    const secret = new secretsmanager.Secret(this, 'Secret', {
      secretName: this.#name,
      description,
      generateSecretString: { passwordLength: 48, excludePunctuation: true },
      // Its value is generated, so nothing is lost, and a retained secret would keep its name from the next deployment.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(secret, 'SMG4', 'Both sides must change together; docs/runbook.md describes the manual rotation');
  }

  /** Lets a function read the secret, and sets `variable` to its name. Not its ARN, which emulators do not return. */
  grantRead(fn: ServiceFunction, variable: string): void {
    secretsmanager.Secret.fromSecretNameV2(fn, variable, this.#name).grantRead(fn.function);
    fn.function.addEnvironment(variable, this.#name);
  }
}
