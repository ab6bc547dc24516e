import { Duration, Lazy, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Member } from '../network/flows.ts';
import type { Network } from '../network/network.ts';
import type { Stage } from '../stage.ts';
import { acknowledge } from './acknowledge.ts';
import { bundleOf } from './bundles.ts';
import { functionNameOf } from './concurrency.ts';
import { type Release, releaseOf } from './function-release.ts';

export interface ServiceFunctionProps {
  stage: Stage;
  /** The service that declares it. */
  service: string;
  name: string;
  description: string;
  timeout: Duration;
  /** Undefined on a laptop, and for a function that calls the internet. */
  network: Network | undefined;
  memoryMiB?: number;
  /** How many invocations may run at once. Without it only the account's limit applies. */
  concurrency?: number;
  /** Serves requests. The stage decides whether such a function is kept warm and deployed with a canary. */
  userFacing?: boolean;
  /** Has no provisioned concurrency, whatever the stage says. */
  startsCold?: boolean;
  environment?: Record<string, string>;
  /** A metric of the exceptions that are a result and no error (function-release.ts). */
  expectedExceptions?: string;
  /** The interval of its schedule, if it has one. */
  scheduled?: Duration;
}

/**
 * A Lambda function with its own role. At first the role may only write to the function's log group. The constructs that
 * own other resources grant access to them.
 */
export class ServiceFunction extends Construct {
  readonly function: lambda.Function;
  readonly concurrency: number | undefined;
  readonly functionName: string;
  /** The service that declares it. */
  readonly service: string;
  /** The alarms of this function, such as those on errors and throttles. */
  readonly alarms: cloudwatch.Alarm[];
  readonly #network: Network | undefined;
  readonly #stage: Stage;
  readonly #memberships = new Set<Member>(['functions']);
  readonly #release: Release;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    this.concurrency = props.concurrency;
    this.functionName = props.name;
    this.service = props.service;
    this.#network = props.network;
    this.#stage = props.stage;
    this.function = this.#makeFunction(props);
    if (props.network) this.#enter(props.network);
    this.#release = releaseOf(this, this.function, props);
    this.alarms = this.#release.alarms;
  }

  /** What callers invoke: on AWS the alias `live`, on a laptop the function itself. */
  get target(): lambda.IFunction {
    return this.#release.target;
  }

  /** Adds the function to a security group of the network, which allows it that group's connections. */
  join(member: Member): void {
    if (this.#network) this.#memberships.add(member);
  }

  setEnvironment(variables: Record<string, string>): void {
    for (const [name, value] of Object.entries(variables)) this.function.addEnvironment(name, value);
  }

  /** Lets one gateway invoke the function. The permission is in the gateway's stack, which depends on the function's. */
  allowGateway(scope: Construct, apiArn: string): void {
    new lambda.CfnPermission(scope, `Call-${this.functionName}`, {
      action: 'lambda:InvokeFunction',
      functionName: this.target.functionArn,
      principal: 'apigateway.amazonaws.com',
      sourceArn: apiArn,
    });
  }

  #makeFunction(props: ServiceFunctionProps): lambda.Function {
    const { stage, name } = props;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      retention: stage.logRetentionDays as number,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `What the function ${name} may do, and nothing else`,
    });
    logGroup.grantWrite(role);
    if (stage.aws?.tracing)
      acknowledge(role, 'IAM5[Resource::*]', 'X-Ray’s two actions support no resource-level permissions');
    return new lambda.Function(this, 'Function', {
      functionName: functionNameOf(stage, name),
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: architectureOf(stage),
      handler: 'index.handler',
      code: lambda.Code.fromAsset(bundleOf(name).folder),
      role,
      logGroup,
      timeout: props.timeout,
      memorySize: props.memoryMiB ?? 512,
      reservedConcurrentExecutions: props.concurrency,
      // Keeps earlier versions, so that the alias can be pointed back to one. A version that a failed update created goes, since
      // the next try would not create the same version again.
      ...(stage.aws && { currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE } }),
      ...(stage.aws?.tracing && { tracing: lambda.Tracing.ACTIVE }),
      environment: {
        POWERTOOLS_SERVICE_NAME: name,
        PUBLIC_ORIGIN: stage.publicOrigin,
        INTERNAL_ORIGIN: stage.internalOrigin,
        // The names of AWS services that have IPv6 addresses.
        ...(props.network && stage.aws?.endpoints === 'ipv6' && { AWS_USE_DUALSTACK_ENDPOINT: 'true' }),
        // Since Node 20, Lambda does not load Amazon's certificate authorities. One of them signs Aurora's certificate.
        ...(stage.aws && { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' }),
        ...props.environment,
      },
    });
  }

  /** Places the function in the VPC. Its security groups are resolved at synth, after all calls of `join`. */
  #enter(network: Network): void {
    const resource = this.function.node.defaultChild as lambda.CfnFunction;
    resource.vpcConfig = {
      subnetIds: network.vpc.selectSubnets(network.serviceSubnets).subnetIds,
      ...(this.#stage.aws?.endpoints === 'ipv6' && { ipv6AllowedForDualStack: true }),
      securityGroupIds: Lazy.list({
        produce: () => [...this.#memberships].map((member) => network.group(member).securityGroupId),
      }),
    };
    resource.node.addDependency(allowNetworkInterfaces(this.function));
  }
}

/** Lambda creates network interfaces with the function's role. The second statement denies this to the function's code. */
function allowNetworkInterfaces(fn: lambda.Function): iam.Policy {
  const actions = [
    'ec2:AssignPrivateIpAddresses',
    'ec2:CreateNetworkInterface',
    'ec2:DeleteNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:UnassignPrivateIpAddresses',
  ];
  const policy = new iam.Policy(fn, 'NetworkInterfaces', {
    roles: [fn.role as iam.IRole],
    statements: [
      // The interfaces do not exist yet, so these actions cannot be limited to them.
      new iam.PolicyStatement({ actions, resources: ['*'] }),
      new iam.PolicyStatement({
        effect: iam.Effect.DENY,
        actions,
        resources: ['*'],
        conditions: {
          ArnLike: { 'lambda:SourceFunctionArn': `arn:${Stack.of(fn).partition}:lambda:*:*:function:throughline-*` },
        },
      }),
    ],
  });
  acknowledge(
    policy,
    'IAM5[Resource::*]',
    'The interfaces do not exist yet, and the function’s own code is denied these actions',
  );
  return policy;
}

function architectureOf(stage: Stage): lambda.Architecture {
  const arm = stage.architecture === 'arm64' || process.arch === 'arm64';
  return arm ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64;
}

/** Longer than a payment provider that responds after 5 s, and far below the gateway's limit of 29 s. */
export const API_TIMEOUT = Duration.seconds(15);
export const AUTHORIZER_TIMEOUT = Duration.seconds(5);
/** For jobs and operations, which wait for a paused database to resume. */
export const BACKGROUND_TIMEOUT = Duration.seconds(50);
/** A paused cluster takes time to resume, and a large index takes longer. */
export const MIGRATION_TIMEOUT = Duration.minutes(14);
/** For a batch of ten messages while a dependency is slow. The queue's visibility timeout is six times this. */
export const WORKER_TIMEOUT = Duration.seconds(30);
