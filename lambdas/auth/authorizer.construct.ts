import { Duration } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { Construct } from 'constructs';
import { ServiceFunction } from '../../lib/constructs/service-function.ts';
import type { Network } from '../../lib/network/network.ts';
import type { Stage } from '../../lib/stage.ts';
import type { Cache } from '../cache/cache.construct.ts';
import type { SigningKey } from './auth.construct.ts';

export interface AuthorizerProps {
  stage: Stage;
  network: Network | undefined;
  cache: Cache;
  signingKey: SigningKey;
}

/** The gateway's token check. */
export class Authorizer extends Construct {
  readonly check: ServiceFunction;

  constructor(scope: Construct, id: string, { stage, network, cache, signingKey }: AuthorizerProps) {
    super(scope, id);
    this.check = new ServiceFunction(this, 'Check', {
      stage,
      network,
      name: 'authorizer',
      description: 'Verifies access tokens and looks up whether the session was ended',
      timeout: Duration.seconds(5),
      userFacing: true,
    });
    cache.connect(this.check, 'authorizer');
    signingKey.grantVerify(this.check);
  }

  /** Makes the gateway ask it, each time: a cached verdict would keep a logged-out token alive. */
  attachTo(api: apigateway.IRestApi): { authorizerId: string } {
    const { stack } = api;
    const uri = `arn:${stack.partition}:apigateway:${stack.region}:lambda:path/2015-03-31/functions/${this.check.target.functionArn}/invocations`;
    const authorizer = new apigateway.CfnAuthorizer(api.node.scope as Construct, 'Authorizer', {
      restApiId: api.restApiId,
      name: 'token-check',
      type: 'REQUEST',
      authorizerUri: uri,
      identitySource: 'method.request.header.Authorization',
      authorizerResultTtlInSeconds: 0,
    });
    this.check.allowGateway(
      api.node.scope as Construct,
      stack.formatArn({
        service: 'execute-api',
        resource: api.restApiId,
        resourceName: `authorizers/${authorizer.ref}`,
      }),
    );
    return { authorizerId: authorizer.ref };
  }
}
