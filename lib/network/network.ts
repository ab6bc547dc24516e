import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type AwsPlan, hasProxy, type Stage, zoneNames } from '../stage.ts';
import { type Flow, flowsOf, type Member } from './flows.ts';

const { InterfaceVpcEndpointAwsService: service } = ec2;

/** What functions without a way to the internet call, by address in the network. */
const ENDPOINTS = {
  Sqs: service.SQS,
  Kms: service.KMS,
  // The SES API. The constant named SES is its SMTP service.
  Email: service.EMAIL,
  SecretsManager: service.SECRETS_MANAGER,
} as const;

export interface NetworkProps {
  stage: Stage;
  plan: AwsPlan;
}

/**
 * Private and isolated subnets over the stage's zones. Nothing in it has a public address and there is no NAT gateway:
 * AWS is reached by endpoints, people come in through CloudFront's VPC origin.
 */
export class Network extends Construct {
  readonly vpc: ec2.Vpc;
  /** The one door of the private API. */
  readonly apiEndpoint: ec2.InterfaceVpcEndpoint;
  readonly #groups: Record<Member, ec2.ISecurityGroup>;

  constructor(scope: Construct, id: string, { stage, plan }: NetworkProps) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr('10.40.0.0/16'),
      availabilityZones: zoneNames(stage.env.region, plan.zones),
      natGateways: 0,
      subnetConfiguration: [
        { name: 'services', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
        { name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
    });
    Validations.of(this.vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'Zones are named by the stage, so that a synth asks AWS nothing',
    });
    this.#attachInternetGateway();
    this.#logFlows(stage);
    this.#groups = this.#makeGroups(flowsOf(hasProxy(stage)));
    this.apiEndpoint = this.#addEndpoints(plan);
  }

  /** Where functions, the balancer and the endpoints are. */
  get serviceSubnets(): ec2.SubnetSelection {
    return { subnetGroupName: 'services' };
  }

  get dataSubnets(): ec2.SubnetSelection {
    return { subnetGroupName: 'data' };
  }

  /** The group whose members may do what `flows.ts` says of it. */
  group(member: Member): ec2.ISecurityGroup {
    return this.#groups[member];
  }

  /** CloudFront's VPC origins want one to be attached; no route leads to it. */
  #attachInternetGateway(): void {
    const gateway = new ec2.CfnInternetGateway(this, 'InternetGateway');
    new ec2.CfnVPCGatewayAttachment(this, 'InternetGatewayAttachment', {
      vpcId: this.vpc.vpcId,
      internetGatewayId: gateway.ref,
    });
  }

  #logFlows(stage: Stage): void {
    const logGroup = new logs.LogGroup(this, 'FlowLogGroup', {
      retention: stage.logRetentionDays as number,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'FlowLogRole', {
      assumedBy: new iam.ServicePrincipal('vpc-flow-logs.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    });
    logGroup.grantWrite(role);
    this.vpc.addFlowLog('FlowLog', {
      destination: ec2.FlowLogDestination.toCloudWatchLogs(logGroup, role),
      trafficType: ec2.FlowLogTrafficType.REJECT,
      maxAggregationInterval: ec2.FlowLogMaxAggregationInterval.TEN_MINUTES,
    });
  }

  /** A group a role in the traffic, with the flows of the table and no other, outgoing ones included. */
  #makeGroups(flows: Flow[]): Record<Member, ec2.ISecurityGroup> {
    const members = [...new Set(flows.flatMap(({ from, to }) => [from, to]))].filter(
      (name): name is Member => name !== 'cloudfront',
    );
    const groups = Object.fromEntries(
      members.map((name) => [
        name,
        new ec2.SecurityGroup(this, name, {
          vpc: this.vpc,
          description: `Throughline: ${name}`,
          allowAllOutbound: false,
        }),
      ]),
    ) as Record<Member, ec2.SecurityGroup>;
    for (const { from, to, port, why } of flows) {
      // CloudFront's own rule needs a prefix list's id, which only AWS knows: the balancer adds it.
      if (from === 'cloudfront') continue;
      groups[to].addIngressRule(groups[from], ec2.Port.tcp(port), why);
      groups[from].addEgressRule(groups[to], ec2.Port.tcp(port), why);
    }
    // Handed out closed: constructs of the CDK like to add rules of their own, and the table is the whole truth.
    const closed = Object.entries(groups).map(([name, group]) => [
      name,
      ec2.SecurityGroup.fromSecurityGroupId(this, `${name}-closed`, group.securityGroupId, { mutable: false }),
    ]);
    return Object.fromEntries(closed);
  }

  /** Credentials and resources of this account only: nothing is carried out through a door that is there for SQS. */
  #ownAccountOnly(): iam.PolicyStatement {
    const { account } = Stack.of(this);
    return new iam.PolicyStatement({
      principals: [new iam.AnyPrincipal()],
      actions: ['*'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:PrincipalAccount': account, 'aws:ResourceAccount': account } },
    });
  }

  #addEndpoints(plan: AwsPlan): ec2.InterfaceVpcEndpoint {
    this.vpc.addGatewayEndpoint('S3', { service: ec2.GatewayVpcEndpointAwsService.S3 });
    const common = { securityGroups: [this.group('endpoints')], privateDnsEnabled: true, open: false };
    const few = { subnets: this.vpc.selectSubnets(this.serviceSubnets).subnets.slice(0, plan.endpointZones) };
    for (const [name, service] of Object.entries(ENDPOINTS))
      this.vpc.addInterfaceEndpoint(name, { ...common, service, subnets: few }).addToPolicy(this.#ownAccountOnly());
    if (plan.tracing) this.vpc.addInterfaceEndpoint('XRay', { ...common, service: service.XRAY, subnets: few });
    return this.vpc.addInterfaceEndpoint('ExecuteApi', {
      service: service.APIGATEWAY,
      open: false,
      // The balancer names the private custom domain; the service's own name must not be caught.
      privateDnsEnabled: false,
      securityGroups: [this.group('api-endpoint')],
      // In every zone: this is what the balancer spreads the traffic over.
      subnets: this.serviceSubnets,
    });
  }
}
