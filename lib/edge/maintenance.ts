import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import type { AwsPlan, Stage } from '../stage.ts';

export interface MaintenanceProps {
  stage: Stage;
  plan: AwsPlan;
  certificate: acm.ICertificate;
}

const PAGE = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Back soon</title><style>body{font:1.1rem/1.6 system-ui,sans-serif;max-width:34rem;margin:4rem auto;padding:0 1rem}</style>
<main><h1>We are back soon</h1><p>The shop cannot be reached just now. Orders that were placed are safe.</p></main></html>`;

const PAGE_ONLY = 'One static page without a backend, for all users';
const ONE_STATIC_PAGE = {
  APIG1: `${PAGE_ONLY}: its requests are not worth logging`,
  APIG2: `${PAGE_ONLY}: it uses no part of a request`,
  APIG3: `${PAGE_ONLY}: there is no backend to protect`,
  APIG4: `${PAGE_ONLY}: it needs no authentication`,
  APIG6: `${PAGE_ONLY}: its requests are not worth logging`,
  COG4: `${PAGE_ONLY}: it needs no authentication`,
};

/**
 * The page that users see while the shop is unavailable. It is not on CloudFront, since only one distribution can serve
 * a name, whatever DNS returns. A regional API with a mock integration supports HTTPS and costs nothing when idle.
 */
export class Maintenance extends Construct {
  readonly domain: apigateway.CfnDomainName;

  constructor(scope: Construct, id: string, { stage, plan, certificate }: MaintenanceProps) {
    super(scope, id);
    const api = new apigateway.RestApi(this, 'Api', {
      restApiName: `${stage.globalName}-maintenance`,
      description: 'One static page, for every path',
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      disableExecuteApiEndpoint: true,
      cloudWatchRole: false,
      deployOptions: { stageName: 'page', throttlingRateLimit: 1_000, throttlingBurstLimit: 2_000 },
    });
    for (const [rule, reason] of Object.entries(ONE_STATIC_PAGE)) acknowledge(api, rule, reason);
    const integration = new apigateway.MockIntegration({
      requestTemplates: { 'application/json': '{"statusCode": 503}' },
      passthroughBehavior: apigateway.PassthroughBehavior.NEVER,
      integrationResponses: [
        {
          statusCode: '503',
          responseTemplates: { 'text/html': PAGE },
          responseParameters: {
            'method.response.header.content-type': "'text/html; charset=utf-8'",
            'method.response.header.retry-after': "'60'",
            'method.response.header.cache-control': "'no-store'",
          },
        },
      ],
    });
    const headers = ['content-type', 'retry-after', 'cache-control'];
    const responseParameters = Object.fromEntries(headers.map((name) => [`method.response.header.${name}`, true]));
    const options = { methodResponses: [{ statusCode: '503', responseParameters }] };
    api.root.addMethod('ANY', integration, options);
    api.root.addResource('{path+}').addMethod('ANY', integration, options);
    this.domain = new apigateway.CfnDomainName(this, 'Domain', {
      domainName: plan.domain,
      regionalCertificateArn: certificate.certificateArn,
      endpointConfiguration: { types: ['REGIONAL'], ipAddressType: 'dualstack' },
      securityPolicy: 'TLS_1_2',
    });
    new apigateway.CfnBasePathMapping(this, 'Mapping', {
      domainName: this.domain.ref,
      restApiId: api.restApiId,
      stage: api.deploymentStage.stageName,
    });
  }
}
