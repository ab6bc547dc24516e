import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { ServiceFunction } from '../../lib/constructs/service-function.ts';
import type { Stage } from '../../lib/stage.ts';
import type { Cache } from '../cache/cache.construct.ts';
import type { SigningKey } from './auth.construct.ts';

export interface AuthorizerProps {
  stage: Stage;
  cache: Cache;
  signingKey: SigningKey;
}

/** The gateway's token check. */
export class Authorizer extends Construct {
  readonly authorizer: apigateway.RequestAuthorizer;

  constructor(scope: Construct, id: string, { stage, cache, signingKey }: AuthorizerProps) {
    super(scope, id);
    const check = new ServiceFunction(this, 'Check', {
      stage,
      name: 'authorizer',
      description: 'Verifies access tokens and looks up whether the session was ended',
      timeout: Duration.seconds(5),
    });
    cache.connect(check, 'auth');
    signingKey.grantVerify(check);
    this.authorizer = new apigateway.RequestAuthorizer(this, 'Authorizer', {
      handler: check.function,
      identitySources: [apigateway.IdentitySource.header('Authorization')],
      // A cached verdict would keep a logged-out token alive.
      resultsCacheTtl: Duration.seconds(0),
    });
  }
}
