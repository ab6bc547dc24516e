import { Resolver } from 'node:dns/promises';
import { APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ElastiCacheClient } from '@aws-sdk/client-elasticache';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { RDSClient } from '@aws-sdk/client-rds';
import { Route53Client } from '@aws-sdk/client-route-53';
import { SESv2Client } from '@aws-sdk/client-sesv2';
import { SSMClient } from '@aws-sdk/client-ssm';
import { STSClient, type STSClientConfig } from '@aws-sdk/client-sts';
import { EDGE_REGION } from '../../lib/stacks.ts';

/** Settings of the SDK that differ in tests. Without them, the SDK reads the shell's settings, as the CDK CLI does. */
export type ClientSettings = Pick<STSClientConfig, 'endpoint' | 'credentials' | 'requestHandler'> & {
  /** Name servers, `address:port`. */
  dnsServers?: readonly string[];
};

const CONNECTION_TIMEOUT_MS = 5_000;
const RESPONSE_TIMEOUT_MS = 10_000;

/** The clients of the stage's region, and of the region of CloudFront's resources. */
export function clientsFor(region: string, { dnsServers, ...settings }: ClientSettings = {}) {
  const common = {
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: RESPONSE_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
    maxAttempts: 3,
    ...settings,
  };
  const regional = { ...common, region };
  const edge = { ...common, region: EDGE_REGION };
  const dns = new Resolver({ timeout: CONNECTION_TIMEOUT_MS, tries: 2 });
  if (dnsServers) dns.setServers(dnsServers);
  return {
    apiGateway: new APIGatewayClient(regional),
    cloudFormation: { stage: new CloudFormationClient(regional), edge: new CloudFormationClient(edge) },
    dns,
    ec2: new EC2Client(regional),
    elastiCache: new ElastiCacheClient(regional),
    lambda: new LambdaClient(regional),
    rds: new RDSClient(regional),
    route53: new Route53Client(edge),
    ses: new SESv2Client(regional),
    ssm: { stage: new SSMClient(regional), edge: new SSMClient(edge) },
    sts: new STSClient(regional),
  };
}

export type Clients = ReturnType<typeof clientsFor>;
