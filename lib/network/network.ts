import { RemovalPolicy, Stack, Validations } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type AwsPlan, type Stage, zoneNames } from '../stage.ts';
import { addressBlockOf } from '../stage-context.ts';
import { type Flow, flowsOf, type Member } from './flows.ts';

const { InterfaceVpcEndpointAwsService: service } = ec2;

/** AWS services that functions call through VPC endpoints, since they have no route to the internet. */
const ENDPOINTS = {
  Sqs: service.SQS,
  Kms: service.KMS,
  // The SES API. `service.SES` is its SMTP endpoint.
  Email: service.EMAIL,
  SecretsManager: service.SECRETS_MANAGER,
} as const;

const API_ENDPOINT = 'ExecuteApi';

/** The interface endpoints of a stage, and the number of zones that each is in. */
export const interfaceEndpoints = ({ zones, endpointZones, endpoints, tracing }: AwsPlan) => [
  ...Object.entries(endpoints === 'interface' ? { ...ENDPOINTS, ...(tracing && { XRay: service.XRAY }) } : {}).map(
    ([id, service]) => ({ id, service, zones: endpointZones }),
  ),
  // In every zone, since the balancer distributes the traffic over these interfaces.
  { id: API_ENDPOINT, service: service.APIGATEWAY, zones },
];

export interface NetworkProps {
  stage: Stage;
  plan: AwsPlan;
}

/**
 * Isolated subnets in the stage's zones. No resource has a public address and there is no NAT gateway. Functions reach
 * AWS through VPC endpoints, and requests arrive through CloudFront's VPC origin.
 */
export class Network extends Construct {
  readonly vpc: ec2.Vpc;
  /** The only endpoint of the private API. */
  readonly apiEndpoint: ec2.InterfaceVpcEndpoint;
  readonly #groups: Record<Member, ec2.ISecurityGroup>;

  constructor(scope: Construct, id: string, { stage, plan }: NetworkProps) {
    super(scope, id);
    this.vpc = new ec2.Vpc(this, 'Vpc', {
      ipAddresses: ec2.IpAddresses.cidr(`10.${addressBlockOf(stage.env.region)}.0.0/16`),
      availabilityZones: zoneNames(stage.env.region, plan.zones),
      natGateways: 0,
      ...(plan.endpoints === 'ipv6' && {
        ipProtocol: ec2.IpProtocol.DUAL_STACK,
        ipv6Addresses: ec2.Ipv6Addresses.amazonProvided(),
      }),
      subnetConfiguration: [
        { name: 'services', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 20 },
        { name: 'data', subnetType: ec2.SubnetType.PRIVATE_ISOLATED, cidrMask: 24 },
      ],
    });
    Validations.of(this.vpc).acknowledge({
      id: 'CloudFormation-Validate::W3010',
      reason: 'The stage names its zones, so that a synth needs no lookup in AWS',
    });
    this.#attachInternetGateway();
    if (plan.endpoints === 'ipv6') this.#addEgress();
    this.#logFlows(stage);
    this.#groups = this.#makeGroups(flowsOf(stage));
    this.apiEndpoint = this.#addEndpoints(plan);
  }

  /** The subnets of the functions, the balancer and the endpoints. */
  get serviceSubnets(): ec2.SubnetSelection {
    return { subnetGroupName: 'services' };
  }

  get dataSubnets(): ec2.SubnetSelection {
    return { subnetGroupName: 'data' };
  }

  /** The security group of a member, with the flows that `flows.ts` lists for it. */
  group(member: Member): ec2.ISecurityGroup {
    return this.#groups[member];
  }

  /** CloudFront's VPC origins require an attached internet gateway. No route uses it. */
  #attachInternetGateway(): void {
    const gateway = new ec2.CfnInternetGateway(this, 'InternetGateway');
    new ec2.CfnVPCGatewayAttachment(this, 'InternetGatewayAttachment', {
      vpcId: this.vpc.vpcId,
      internetGatewayId: gateway.ref,
    });
  }

  /** Lets the functions' subnets open connections over IPv6. Nobody outside can open one to them. It costs nothing. */
  #addEgress(): void {
    const gateway = new ec2.CfnEgressOnlyInternetGateway(this, 'EgressGateway', { vpcId: this.vpc.vpcId });
    for (const subnet of this.vpc.selectSubnets(this.serviceSubnets).subnets)
      new ec2.CfnRoute(subnet, 'Egress', {
        routeTableId: subnet.routeTable.routeTableId,
        destinationIpv6CidrBlock: '::/0',
        egressOnlyInternetGatewayId: gateway.attrId,
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

  /** Creates one group per member, with exactly the flows of the table, also for egress. */
  #makeGroups(flows: Flow[]): Record<Member, ec2.ISecurityGroup> {
    const members = [...new Set(flows.flatMap(({ from, to }) => [from, to]))].filter(
      (name): name is Member => name !== 'cloudfront' && name !== 'internet',
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
      // CloudFront's rule needs the id of a prefix list, which is looked up at deploy time. The balancer adds the rule.
      if (from === 'cloudfront') continue;
      if (to === 'internet') {
        groups[from].addEgressRule(ec2.Peer.anyIpv6(), ec2.Port.tcp(port), why);
        continue;
      }
      groups[to].addIngressRule(groups[from], ec2.Port.tcp(port), why);
      groups[from].addEgressRule(groups[to], ec2.Port.tcp(port), why);
    }
    // Immutable, since CDK constructs add rules of their own and the table must list every flow.
    const immutable = Object.entries(groups).map(([name, group]) => [
      name,
      ec2.SecurityGroup.fromSecurityGroupId(this, `${name}-closed`, group.securityGroupId, { mutable: false }),
    ]);
    return Object.fromEntries(immutable);
  }

  /** Allows this account's credentials and resources only, so that no data leaves the account through an endpoint. */
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
    const { subnets } = this.vpc.selectSubnets(this.serviceSubnets);
    const added = interfaceEndpoints(plan).map(({ id, service, zones }) => {
      const endpoint = this.vpc.addInterfaceEndpoint(id, {
        service,
        open: false,
        // The balancer calls the endpoint's addresses. Private DNS would send every execute-api name to this endpoint.
        privateDnsEnabled: id !== API_ENDPOINT,
        securityGroups: [this.group(id === API_ENDPOINT ? 'api-endpoint' : 'endpoints')],
        subnets: { subnets: subnets.slice(0, zones) },
      });
      if (id in ENDPOINTS) endpoint.addToPolicy(this.#ownAccountOnly());
      return [id, endpoint] as const;
    });
    return new Map(added).get(API_ENDPOINT) as ec2.InterfaceVpcEndpoint;
  }
}
