import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import { DeclaredService } from '../../lib/constructs/declared-service.ts';
import type { ServiceFunction } from '../../lib/constructs/service-function.ts';
import type { ServiceTier } from '../../lib/constructs/service-tier.ts';
import type { SigningKey } from './auth.construct.ts';
import { authorizerService } from './authorizer.service.ts';

export interface AuthorizerProps extends ServiceTier {
  signingKey: SigningKey;
}

/** A change of these needs a new deployment of the API (lib/gateway/api-gateway.ts). */
export const AUTHORIZER_SETTINGS = {
  name: 'token-check',
  type: 'REQUEST',
  identitySource: 'method.request.header.Authorization',
  authorizerResultTtlInSeconds: 0,
};

/** The gateway's token check. */
export class Authorizer extends DeclaredService<typeof authorizerService> {
  constructor(scope: Construct, id: string, { signingKey, ...tier }: AuthorizerProps) {
    super(scope, id, authorizerService, tier);
    signingKey.grantVerify(this.check);
  }

  get check(): ServiceFunction {
    return this.functionNamed('authorizer');
  }

  /** Makes the gateway call it for each request, because a cached result would accept a token after log-out. */
  attachTo(api: apigateway.IRestApi): { authorizerId: string } {
    const { stack } = api;
    const uri = `arn:${stack.partition}:apigateway:${stack.region}:lambda:path/2015-03-31/functions/${this.check.target.functionArn}/invocations`;
    const authorizer = new apigateway.CfnAuthorizer(api.node.scope as Construct, 'Authorizer', {
      restApiId: api.restApiId,
      authorizerUri: uri,
      ...AUTHORIZER_SETTINGS,
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
