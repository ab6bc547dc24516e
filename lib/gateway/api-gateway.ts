import { RemovalPolicy, Size } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { AUTHORIZER_SETTINGS, type Authorizer } from '../../lambdas/auth/authorizer.construct.ts';
import type { Route } from '../../lambdas/shared/contract.ts';
import { MIN_COMPRESSED_BYTES } from '../../lambdas/shared/size-limits.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import type { DeclaredService } from '../constructs/declared-service.ts';
import type { Network } from '../network/network.ts';
import type { Stage } from '../stage.ts';
import { addGatewayResponses } from './gateway-responses.ts';

export const API_STAGE_NAME = 'v1';

export interface ApiGatewayProps {
  stage: Stage;
  /** Has the API's VPC endpoint. Without a network the API is regional, for the emulator. */
  network: Network | undefined;
  authorizer: Authorizer;
  services: DeclaredService[];
}

/** Hop 4: the REST API of all services. Its methods and limits come from the contracts. */
export class ApiGateway extends Construct {
  readonly api: apigateway.RestApi;
  readonly #authorizer: { authorizerId: string };
  readonly #props: ApiGatewayProps;

  constructor(scope: Construct, id: string, props: ApiGatewayProps) {
    super(scope, id);
    this.#props = props;
    const { stage } = props;
    const routes = props.services.flatMap((service) => Object.values(service.routes));
    this.api = new apigateway.RestApi(this, 'Api', {
      restApiName: stage.regionalName,
      description: 'The one entry to all services',
      cloudWatchRole: stage.aws !== undefined,
      // An account has one per region, so deleting a stage must not stop the logs of another.
      ...(stage.aws && { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN }),
      ...this.#endpointConfiguration(),
      deployOptions: { ...stageOptions(routes, stage), ...this.#accessLog() },
      defaultCorsPreflightOptions: corsOf(stage),
      minCompressionSize: Size.bytes(MIN_COMPRESSED_BYTES),
    });
    this.#authorizer = props.authorizer.attachTo(this.api);
    // The CDK creates a new deployment when a method changes, but does not know of this L1 construct.
    this.api.latestDeployment?.addToLogicalId({ authorizer: AUTHORIZER_SETTINGS });
    acknowledge(
      this.api,
      'APIG2',
      'The handlers validate, since their errors name the fields; docs/decisions/0020 has more',
    );
    acknowledge(this.api, 'COG4', 'A Lambda authorizer checks our own tokens; docs/decisions explains why');
    if (!stage.aws) acknowledgeEmulator(this.api);
    else
      acknowledge(
        this.api,
        `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${LOG_WRITER}]`,
        'AWS requires this managed policy for the account’s API Gateway logging role',
      );
    addGatewayResponses(this.api, stage.publicOrigin);
    for (const service of props.services) this.#addService(service);
    if (stage.aws) {
      this.#addUsagePlan();
      this.#keepExecutionLog();
    }
  }

  get id(): string {
    return this.api.restApiId;
  }

  get stageName(): string {
    return this.api.deploymentStage.stageName;
  }

  /** On AWS the API is private. It has no public address and accepts requests through its VPC endpoint only. */
  #endpointConfiguration(): Partial<apigateway.RestApiProps> {
    const { network } = this.#props;
    if (!network) return { endpointTypes: [apigateway.EndpointType.REGIONAL] };
    const statement = (effect: iam.Effect, conditions?: iam.Conditions) =>
      new iam.PolicyStatement({
        effect,
        principals: [new iam.AnyPrincipal()],
        actions: ['execute-api:Invoke'],
        resources: ['execute-api:/*'],
        ...(conditions && { conditions }),
      });
    const notThroughEndpoint = { StringNotEquals: { 'aws:SourceVpce': network.apiEndpoint.vpcEndpointId } };
    return {
      endpointConfiguration: { types: [apigateway.EndpointType.PRIVATE], vpcEndpoints: [network.apiEndpoint] },
      policy: new iam.PolicyDocument({
        statements: [statement(iam.Effect.ALLOW), statement(iam.Effect.DENY, notThroughEndpoint)],
      }),
    };
  }

  #addService({ routes, api }: DeclaredService): void {
    const integration = new apigateway.LambdaIntegration(api.target, { scopePermissionToMethod: false });
    for (const route of Object.values(routes)) this.#addRoute(route, integration);
  }

  #addRoute(route: Route, integration: apigateway.Integration): void {
    const resource = this.api.root.resourceForPath(route.path);
    const needsToken = route.caller === 'user' || route.caller === 'admin';
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const options = {
      authorizationType: needsToken ? apigateway.AuthorizationType.CUSTOM : apigateway.AuthorizationType.NONE,
      ...(needsToken && { authorizer: this.#authorizer }),
      requestParameters: Object.fromEntries(names.map((name) => [`method.request.path.${name}`, true])),
    };
    for (const name of methodsOf(route)) {
      const operationName = name === route.method ? route.operationId : `${route.operationId}-${name.toLowerCase()}`;
      const method = resource.addMethod(name, integration, { operationName, ...options });
      if (!needsToken) acknowledge(method, 'APIG4', `The contract’s caller is ${route.caller}: ${OPEN[route.caller]}`);
    }
  }

  /** A limit over all methods together, for a client with an API key. */
  #addUsagePlan(): void {
    this.api.addUsagePlan('Partners', {
      name: `${this.#props.stage.regionalName}-partners`,
      description: 'For clients with an API key; users need none',
      apiStages: [{ api: this.api, stage: this.api.deploymentStage }],
      throttle: { rateLimit: 200, burstLimit: 400 },
      quota: { limit: 1_000_000, period: apigateway.Period.DAY },
    });
  }

  /** API Gateway writes its errors to a log group of this name. It would create one that never expires. */
  #keepExecutionLog(): void {
    const { stage } = this.#props;
    const logGroup = new logs.LogGroup(this, 'ExecutionLog', {
      logGroupName: `API-Gateway-Execution-Logs_${this.api.restApiId}/${API_STAGE_NAME}`,
      retention: stage.logRetentionDays as number,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    this.api.deploymentStage.node.addDependency(logGroup);
  }

  /** One line per request, without bodies, headers or tokens. */
  #accessLog(): apigateway.StageOptions {
    const { stage } = this.#props;
    const logGroup = new logs.LogGroup(this, 'AccessLog', {
      retention: stage.logRetentionDays as number,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    const { AccessLogField: field } = apigateway;
    const line = {
      requestId: field.contextRequestId(),
      time: field.contextRequestTimeEpoch(),
      method: field.contextHttpMethod(),
      route: field.contextResourcePath(),
      status: field.contextStatus(),
      latencyMs: field.contextResponseLatency(),
      principal: field.contextAuthorizerPrincipalId(),
      error: field.contextErrorMessage(),
    };
    return {
      accessLogDestination: new apigateway.LogGroupLogDestination(logGroup),
      accessLogFormat: apigateway.AccessLogFormat.custom(JSON.stringify(line)),
    };
  }
}

/** A GET route answers HEAD too (RFC 9110, 9.3.2). */
const methodsOf = ({ method }: Route): string[] => (method === 'GET' ? ['GET', 'HEAD'] : [method]);

const LOG_WRITER = 'service-role/AmazonAPIGatewayPushToCloudWatchLogs';
/** Why a method needs no token. */
const OPEN: Record<string, string> = {
  public: 'anyone may call it, and it returns no data of another user',
  provider: 'the provider signs its requests, and the handler verifies the signature',
};

function acknowledgeEmulator(api: apigateway.RestApi): void {
  acknowledge(api, 'APIG3', 'The emulator has no AWS WAF; the stages on AWS have two web ACLs');
  acknowledge(api, 'APIG6', 'Logging needs an account role, which the local stage does not have; AWS stages log');
}

function stageOptions(routes: Route[], stage: Stage): apigateway.StageOptions {
  // Errors are logged. Bodies, headers and tokens are not.
  const logging = {
    // Metrics of each method cost 0.30 USD each and month. No alarm reads them: those of the whole API are free.
    metricsEnabled: false,
    ...(stage.aws && { loggingLevel: apigateway.MethodLoggingLevel.ERROR, dataTraceEnabled: false }),
  };
  return {
    stageName: API_STAGE_NAME,
    tracingEnabled: stage.aws?.tracing ?? true,
    ...logging,
    methodOptions: Object.fromEntries(
      routes.flatMap((route) =>
        methodsOf(route).map((method) => [
          `${route.path}/${method}`,
          // Method settings do not inherit from the stage's, so they repeat `logging`.
          { ...logging, throttlingRateLimit: route.limit.ratePerSecond, throttlingBurstLimit: route.limit.burst },
        ]),
      ),
    ),
  };
}

/** Browsers may call the API from the edge's own origin only. */
function corsOf(stage: Stage): apigateway.CorsOptions {
  return {
    allowOrigins: [stage.publicOrigin],
    allowMethods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match', 'if-none-match'],
  };
}
