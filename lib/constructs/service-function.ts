import { Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Stage } from '../stage.ts';
import { bundles, type FunctionName } from './bundles.ts';

export interface ServiceFunctionProps {
  stage: Stage;
  name: FunctionName;
  description: string;
  timeout: Duration;
  memoryMiB?: number;
  /** How many may run at once; none given means no bound but the account's. */
  concurrency?: number;
  environment?: Record<string, string>;
}

/**
 * A Lambda function with a role of its own. The role starts with its own log group and nothing else; what it may use is
 * granted by the construct that owns the resource.
 */
export class ServiceFunction extends Construct {
  readonly function: lambda.Function;
  readonly concurrency: number | undefined;
  readonly functionName: FunctionName;

  constructor(scope: Construct, id: string, props: ServiceFunctionProps) {
    super(scope, id);
    const { stage, name } = props;
    this.concurrency = props.concurrency;
    this.functionName = name;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      retention: stage.logRetentionDays as number,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', {
      assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com'),
      description: `What the function ${name} may do, and nothing else`,
    });
    logGroup.grantWrite(role);
    this.function = new lambda.Function(this, 'Function', {
      functionName: `throughline-${stage.name}-${name}`,
      description: props.description,
      runtime: lambda.Runtime.NODEJS_24_X,
      architecture: architectureOf(stage),
      handler: 'index.handler',
      code: lambda.Code.fromAsset(bundles()[name].folder),
      role,
      logGroup,
      timeout: props.timeout,
      memorySize: props.memoryMiB ?? 512,
      reservedConcurrentExecutions: props.concurrency,
      environment: {
        POWERTOOLS_SERVICE_NAME: name,
        PUBLIC_ORIGIN: stage.publicOrigin,
        INTERNAL_ORIGIN: stage.internalOrigin,
        ...props.environment,
      },
    });
  }

  /** Lets one gateway call the function. */
  allowGateway(apiArn: string): void {
    this.function.addPermission('Gateway', {
      principal: new iam.ServicePrincipal('apigateway.amazonaws.com'),
      sourceArn: apiArn,
      sourceAccount: Stack.of(this).account,
    });
  }
}

function architectureOf(stage: Stage): lambda.Architecture {
  const arm = stage.architecture === 'arm64' || process.arch === 'arm64';
  return arm ? lambda.Architecture.ARM_64 : lambda.Architecture.X86_64;
}

/** Room for a provider that takes its 5 s, and still far inside the gateway's 29 s. */
export const API_TIMEOUT = Duration.seconds(15);
export const WORKER_TIMEOUT = Duration.seconds(10);
