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
import { type Release, releaseOf } from './function-release.ts';

export interface ServiceFunctionProps {
  stage: Stage;
  /** The service that declares it. */
  service: string;
  name: string;
  description: string;
  timeout: Duration;
  /** None on a laptop, and none for a function that calls the internet. */
  network: Network | undefined;
  memoryMiB?: number;
  /** How many invocations may run at once. Without it only the account's limit applies. */
  concurrency?: number;
  /** Serves requests: kept warm and deployed by a canary where the stage says so. */
  userFacing?: boolean;
  environment?: Record<string, string>;
  /** The interval of its schedule, if it has one. */
  scheduled?: Duration;
}

/**
 * A Lambda function with a role of its own. The role starts with its own log group and nothing else; what it may use is
 * granted by the construct that owns the resource.
 */
export class ServiceFunction extends Construct {
  readonly function: lambda.Function;
  readonly concurrency: number | undefined;
  readonly functionName: string;
  /** The service that declares it. */
  readonly service: string;
  /** What ends up in the answers of alarms: errors and throttles of this function. */
  readonly alarms: cloudwatch.Alarm[];
  readonly #network: Network | undefined;
  readonly #memberships = new Set<Member>(['functions']);
  readonly #release: Release;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    this.concurrency = props.concurrency;
    this.functionName = props.name;
    this.service = props.service;
    this.#network = props.network;
    this.function = this.#makeFunction(props);
    if (props.network) this.#enter(props.network);
    this.#release = releaseOf(this, this.function, props);
    this.alarms = this.#release.alarms;
  }

  /** What callers call: the version that takes traffic, or on the laptop just the function. */
  get target(): lambda.IFunction {
    return this.#release.target;
  }

  /** Makes the function a member of a group of the network, which lets it reach what the group may. */
  join(member: Member): void {
    if (this.#network) this.#memberships.add(member);
  }

  setEnvironment(variables: Record<string, string>): void {
    for (const [name, value] of Object.entries(variables)) this.function.addEnvironment(name, value);
  }

  /** Lets one gateway call the function. The permission stands with the gateway, which depends on the function. */
  allowGateway(scope: Construct, apiArn: string): void {
    new lambda.CfnPermission(scope, `Call-${this.functionName}`, {
      action: 'lambda:InvokeFunction',
      functionName: this.target.functionArn,
      principal: 'apigateway.amazonaws.com',
      sourceArn: apiArn,
      sourceAccount: Stack.of(scope).account,
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
    if (stage.aws?.tracing) acknowledge(role, 'IAM5[Resource::*]', 'X-Ray’s own two actions: it knows no resource');
    return new lambda.Function(this, 'Function', {
      functionName: `throughline-${stage.name}-${name}`,
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
      // What an alias may be pointed back to must still be there.
      ...(stage.aws && { currentVersionOptions: { removalPolicy: RemovalPolicy.RETAIN } }),
      ...(stage.aws?.tracing && { tracing: lambda.Tracing.ACTIVE }),
      environment: {
        POWERTOOLS_SERVICE_NAME: name,
        PUBLIC_ORIGIN: stage.publicOrigin,
        INTERNAL_ORIGIN: stage.internalOrigin,
        // Node 20 and later leave Amazon's own authorities out; Aurora's certificate is by one of them.
        ...(stage.aws && { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' }),
        ...props.environment,
      },
    });
  }

  /** Puts the function into the network. Which groups it is in is settled only when all of the app is composed. */
  #enter(network: Network): void {
    const resource = this.function.node.defaultChild as lambda.CfnFunction;
    resource.vpcConfig = {
      subnetIds: network.vpc.selectSubnets(network.serviceSubnets).subnetIds,
      securityGroupIds: Lazy.list({
        produce: () => [...this.#memberships].map((member) => network.group(member).securityGroupId),
      }),
    };
    resource.node.addDependency(allowNetworkInterfaces(this.function));
  }
}

/** Lambda makes the interfaces with the function's role. The function's own code may not: the second statement. */
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
      // EC2 gives these actions no resource that could be named before it exists.
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
    'EC2 names no resource for these, and the function’s own code is denied them',
  );
  return policy;
}

function architectureOf(stage: Stage): lambda.Architecture {
  const arm = stage.architecture === 'arm64' || process.arch === 'arm64';
  return arm ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64;
}

/** Room for a payment provider that takes its 5 s, and still far inside the gateway's 29 s. */
export const API_TIMEOUT = Duration.seconds(15);
export const AUTHORIZER_TIMEOUT = Duration.seconds(5);
/** For jobs and operations: a sleeping database may take its time to wake. */
export const BACKGROUND_TIMEOUT = Duration.seconds(50);
/** A sleeping cluster takes its time to wake; a large index takes longer. */
export const MIGRATION_TIMEOUT = Duration.minutes(14);
export const WORKER_TIMEOUT = Duration.seconds(10);
