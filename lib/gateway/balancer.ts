import { Duration, Fn } from 'aws-cdk-lib';
import * as acm from 'aws-cdk-lib/aws-certificatemanager';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
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

const READS_ONLY = 'EC2’s Describe actions are read-only and have no resource-level permissions';

export interface BalancerProps {
  stage: Stage;
  plan: AwsPlan;
  network: Network;
  zone: route53.IHostedZone;
  /** The name on its certificate, which every caller uses. */
  originName: string;
}

/**
 * Hop 3: an internal load balancer in all zones. Its targets are the IP addresses of the private API's VPC endpoint,
 * one per zone. An unhealthy target receives no traffic.
 */
export class Balancer extends Construct {
  readonly balancer: elb.ApplicationLoadBalancer;
  readonly certificate: acm.Certificate;
  readonly targets: elb.ApplicationTargetGroup;
  readonly listener: elb.ApplicationListener;
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
      deletionProtection: stage.protect,
      dropInvalidHeaderFields: true,
      desyncMitigationMode: elb.DesyncMitigationMode.STRICTEST,
      idleTimeout: Duration.seconds(35),
    });
    const logBucket = new LogBucket(this, 'AccessLogs', { stage });
    this.balancer.logAccessLogs(logBucket.bucket, 'balancer');
    logBucket.outlives(this.balancer);
    this.#allowCloudFront();
    this.targets = this.#makeTargets();
    this.listener = this.#listen();
    this.#addPrivateName();
  }

  /**
   * A metric of the API's targets. The CDK's own takes the balancer's name apart from the listener's ARN, which other stacks read with
   * `Fn::GetStackOutput`, and whether CloudFormation splits that is not documented.
   */
  targetMetric(metricName: string, options: cloudwatch.MetricOptions): cloudwatch.Metric {
    const dimensionsMap = {
      LoadBalancer: this.balancer.loadBalancerFullName,
      TargetGroup: this.targets.targetGroupFullName,
    };
    return new cloudwatch.Metric({ namespace: 'AWS/ApplicationELB', metricName, dimensionsMap, ...options });
  }

  /** AWS maintains a prefix list of CloudFront's addresses. The list's id is looked up at deploy time. */
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
      description: 'Users, through the VPC origin',
    });
  }

  #makeTargets(): elb.ApplicationTargetGroup {
    const { plan, network } = this.#props;
    const interfaceOf = (zone: number) => Fn.select(zone, network.apiEndpoint.vpcEndpointNetworkInterfaceIds);
    const addresses = Array.from({ length: plan.zones }, (_, zone) => this.#addressOf(zone, interfaceOf(zone)));
    return new elb.ApplicationTargetGroup(this, 'Targets', {
      vpc: network.vpc,
      protocol: elb.ApplicationProtocol.HTTPS,
      port: HTTPS,
      targetType: elb.TargetType.IP,
      targets: addresses.map((address) => new targets.IpTarget(address, HTTPS)),
      deregistrationDelay: Duration.seconds(30),
      healthCheck: {
        protocol: elb.Protocol.HTTPS,
        path: '/',
        // The endpoint responds 403 to a request that names no API, so it is reachable. This does not check the API.
        healthyHttpCodes: '200,403',
        interval: Duration.seconds(10),
        timeout: Duration.seconds(5),
        healthyThresholdCount: 2,
        unhealthyThresholdCount: 2,
      },
    });
  }

  /** The rule of the API forwards (private-api-rule.ts). Nobody calls another path. */
  #listen(): elb.ApplicationListener {
    return this.balancer.addListener('Https', {
      port: HTTPS,
      protocol: elb.ApplicationProtocol.HTTPS,
      certificates: [this.certificate],
      sslPolicy: elb.SslPolicy.TLS13_RES,
      open: false,
      defaultAction: elb.ListenerAction.fixedResponse(404),
    });
  }

  /** An endpoint returns only the ids of its interfaces. Their addresses are looked up at deploy time. */
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

  /** Inside the VPC the origin's name resolves to the balancer, so that services call the API as CloudFront does. */
  #addPrivateName(): void {
    const { network, originName } = this.#props;
    const inside = new route53.PrivateHostedZone(this, 'Inside', { zoneName: originName, vpc: network.vpc });
    new route53.ARecord(this, 'Origin', {
      zone: inside,
      target: route53.RecordTarget.fromAlias(new aliases.LoadBalancerTarget(this.balancer)),
    });
  }
}
