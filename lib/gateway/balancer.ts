import { Duration, Fn } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import * as targets from 'aws-cdk-lib/aws-elasticloadbalancingv2-targets';
import * as route53 from 'aws-cdk-lib/aws-route53';
import * as aliases from 'aws-cdk-lib/aws-route53-targets';
import * as cr from 'aws-cdk-lib/custom-resources';
import { Construct } from 'constructs';
import { acknowledge } from '../constructs/acknowledge.ts';
import { LogBucket } from '../constructs/log-bucket.ts';
import { HTTPS } from '../network/flows.ts';
import type { Network } from '../network/network.ts';
import type { AwsPlan, Stage } from '../stage.ts';

const READS_ONLY = 'EC2’s Describe actions know no resource; they only read';

export interface BalancerProps {
  stage: Stage;
  plan: AwsPlan;
  network: Network;
  zone: route53.IHostedZone;
  /** The name that its certificate carries, and that every caller asks for. */
  originName: string;
}

/**
 * Hop 3: an internal load balancer over all zones. Its targets are the addresses of the private API's endpoint, one a
 * zone; one that does not answer gets no traffic.
 */
export class Balancer extends Construct {
  readonly balancer: elb.ApplicationLoadBalancer;
  readonly certificate: acm.Certificate;
  readonly targets: elb.ApplicationTargetGroup;
  readonly #props: BalancerProps;

  constructor(scope: Construct, id: string, props: BalancerProps) {
    super(scope, id);
    this.#props = props;
    const { stage, network, zone, originName } = props;
    this.certificate = new acm.Certificate(this, 'Certificate', {
      domainName: originName,
      validation: acm.CertificateValidation.fromDns(zone),
    });
    this.balancer = new elb.ApplicationLoadBalancer(this, 'Balancer', {
      vpc: network.vpc,
      vpcSubnets: network.serviceSubnets,
      internetFacing: false,
      securityGroup: network.group('balancer'),
      deletionProtection: stage.retainData,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elb.DesyncMitigationMode.STRICTEST,
      idleTimeout: Duration.seconds(35),
    });
    const logBucket = new LogBucket(this, 'AccessLogs', { stage });
    this.balancer.logAccessLogs(logBucket.bucket, 'balancer');
    this.#allowCloudFront();
    this.targets = this.#addTargets();
    this.#answerInside();
  }

  /** CloudFront comes from addresses of its own, in a list that AWS keeps. Its id is asked for when deploying. */
  #allowCloudFront(): void {
    const name = 'com.amazonaws.global.cloudfront.origin-facing';
    const list = new cr.AwsCustomResource(this, 'CloudFrontAddresses', {
      resourceType: 'Custom::PrefixListId',
      onUpdate: {
        service: 'EC2',
        action: 'describeManagedPrefixLists',
        parameters: { Filters: [{ Name: 'prefix-list-name', Values: [name] }] },
        physicalResourceId: cr.PhysicalResourceId.of(name),
        outputPaths: ['PrefixLists.0.PrefixListId'],
      },
      policy: cr.AwsCustomResourcePolicy.fromSdkCalls({ resources: cr.AwsCustomResourcePolicy.ANY_RESOURCE }),
      installLatestAwsSdk: false,
      timeout: Duration.minutes(2),
    });
    acknowledge(list, 'IAM5[Resource::*]', READS_ONLY);
    new ec2.CfnSecurityGroupIngress(this, 'FromCloudFront', {
      groupId: this.#props.network.group('balancer').securityGroupId,
      ipProtocol: 'tcp',
      fromPort: HTTPS,
      toPort: HTTPS,
      sourcePrefixListId: list.getResponseField('PrefixLists.0.PrefixListId'),
      description: 'People, through the VPC origin',
    });
  }

  #addTargets(): elb.ApplicationTargetGroup {
    const { plan, network } = this.#props;
    const interfaceOf = (zone: number) => Fn.select(zone, network.apiEndpoint.vpcEndpointNetworkInterfaceIds);
    const addresses = Array.from({ length: plan.zones }, (_, zone) => this.#addressOf(zone, interfaceOf(zone)));
    const group = new elb.ApplicationTargetGroup(this, 'Targets', {
      vpc: network.vpc,
      protocol: elb.ApplicationProtocol.HTTPS,
      port: HTTPS,
      targetType: elb.TargetType.IP,
      targets: addresses.map((address) => new targets.IpTarget(address, HTTPS)),
      deregistrationDelay: Duration.seconds(30),
      healthCheck: {
        protocol: elb.Protocol.HTTPS,
        path: '/',
        // 403 is the endpoint's own answer to a request for no API: it is there. Whether the API works is not asked here.
        healthyHttpCodes: '200,403',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
    this.balancer.addListener('Https', {
      port: HTTPS,
      protocol: elb.ApplicationProtocol.HTTPS,
      certificates: [this.certificate],
      sslPolicy: elb.SslPolicy.TLS13_RES,
      open: false,
      defaultTargetGroups: [group],
    });
    return group;
  }

  /** An endpoint tells the ids of its interfaces only; their addresses are asked for when deploying. */
  #addressOf(zone: number, interfaceId: string): string {
    const found = new cr.AwsCustomResource(this, `Address${zone}`, {
      resourceType: 'Custom::EndpointAddress',
      onUpdate: {
        service: 'EC2',
        action: 'describeNetworkInterfaces',
        parameters: { NetworkInterfaceIds: [interfaceId] },
        physicalResourceId: cr.PhysicalResourceId.of(`api-endpoint-${zone}`),
        outputPaths: ['NetworkInterfaces.0.PrivateIpAddress'],
      },
      policy: cr.AwsCustomResourcePolicy.fromSdkCalls({ resources: cr.AwsCustomResourcePolicy.ANY_RESOURCE }),
      installLatestAwsSdk: false,
      timeout: Duration.minutes(2),
    });
    acknowledge(found, 'IAM5[Resource::*]', READS_ONLY);
    return found.getResponseField('NetworkInterfaces.0.PrivateIpAddress');
  }

  /** Inside the network the origin's name is the balancer's, so that services call the API as CloudFront does. */
  #answerInside(): void {
    const { network, originName } = this.#props;
    const inside = new route53.PrivateHostedZone(this, 'Inside', { zoneName: originName, vpc: network.vpc });
    new route53.ARecord(this, 'Origin', {
      zone: inside,
      target: route53.RecordTarget.fromAlias(new aliases.LoadBalancerTarget(this.balancer)),
    });
  }
}
