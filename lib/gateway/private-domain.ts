import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type * as acm from 'aws-cdk-lib/aws-certificatemanager';
import { Construct } from 'constructs';
import type { Network } from '../network/network.ts';
import type { ApiGateway } from './api-gateway.ts';

export interface PrivateDomainProps {
  api: ApiGateway;
  network: Network;
  certificate: acm.ICertificate;
  originName: string;
}

/** The API's custom domain inside the VPC. CloudFront, the certificate, the balancer and the API share this name. */
export class PrivateDomain extends Construct {
  constructor(scope: Construct, id: string, { api, network, certificate, originName }: PrivateDomainProps) {
    super(scope, id);
    const notThroughEndpoint = { StringNotEquals: { 'aws:SourceVpce': network.apiEndpoint.vpcEndpointId } };
    const invoke = { Principal: '*', Action: 'execute-api:Invoke', Resource: ['execute-api:/*'] };
    const domain = new apigateway.CfnDomainNameV2(this, 'Domain', {
      domainName: originName,
      certificateArn: certificate.certificateArn,
      endpointConfiguration: { types: ['PRIVATE'] },
      securityPolicy: 'TLS_1_2',
      policy: {
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', ...invoke },
          { Effect: 'Deny', ...invoke, Condition: notThroughEndpoint },
        ],
      },
    });
    const mapping = new apigateway.CfnBasePathMappingV2(this, 'Mapping', {
      domainNameArn: domain.attrDomainNameArn,
      restApiId: api.id,
      stage: api.stageName,
      // The edge and the services both call /api/...
      basePath: 'api',
    });
    mapping.node.addDependency(api.api.deploymentStage);
    new apigateway.CfnDomainNameAccessAssociation(this, 'Access', {
      domainNameArn: domain.attrDomainNameArn,
      accessAssociationSource: network.apiEndpoint.vpcEndpointId,
      accessAssociationSourceType: 'VPCE',
    });
  }
}
