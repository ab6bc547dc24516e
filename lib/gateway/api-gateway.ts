import { RemovalPolicy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Authorizer } from '../../lambdas/auth/authorizer.construct.ts';
import type { Route } from '../../lambdas/shared/contract.ts';
import { acknowledge } from '../constructs/acknowledge.ts';
import type { ApiService } from '../constructs/api-service.ts';
import type { Network } from '../network/network.ts';
import type { Stage } from '../stage.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { bodyModel } from './models.ts';

export const API_STAGE_NAME = 'v1';

export interface ApiGatewayProps {
  stage: Stage;
  /** Where the API's one door is; without a network it is a regional API, for the emulator. */
  network: Network | undefined;
  authorizer: Authorizer;
  services: ApiService[];
}

/** The one entry to all services. Every method, model, validator and limit comes from the contracts. */
export class ApiGateway extends Construct {
  readonly api: apigateway.RestApi;
  readonly #bodyValidator: apigateway.RequestValidator;
  readonly #authorizer: { authorizerId: string };
  readonly #props: ApiGatewayProps;

  constructor(scope: Construct, id: string, props: ApiGatewayProps) {
    super(scope, id);
    this.#props = props;
    const { stage } = props;
    const routes = props.services.flatMap((service) => Object.values(service.routes));
    this.api = new apigateway.RestApi(this, 'Api', {
      restApiName: `throughline-${stage.name}`,
      description: 'The one entry to all services',
      cloudWatchRole: stage.aws !== undefined,
      // One an account and region: a stage that goes must not take another's logs with it.
      ...(stage.aws && { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN }),
      ...this.#door(),
      deployOptions: { ...stageOptions(routes, stage), ...this.#accessLog() },
      defaultCorsPreflightOptions: corsOf(stage),
    });
    this.#authorizer = props.authorizer.attachTo(this.api);
    acknowledge(
      this.api,
      'APIG2',
      'Each method that takes a body has a validator; the others have nothing to validate',
    );
    acknowledge(this.api, 'COG4', 'Tokens are our own: the token check is a function, docs/decisions says why');
    if (!stage.aws) acknowledgeLaptop(this.api);
    else
      acknowledge(
        this.api,
        `IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${LOG_WRITER}]`,
        'The policy that AWS asks for: API Gateway’s role for its logs, one an account',
      );
    this.#bodyValidator = this.api.addRequestValidator('Body', { validateRequestBody: true });
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

  /** On AWS the API has no public address, and lets in only what comes through its endpoint in the network. */
  #door(): Partial<apigateway.RestApiProps> {
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
    const elsewhere = { StringNotEquals: { 'aws:SourceVpce': network.apiEndpoint.vpcEndpointId } };
    return {
      endpointConfiguration: { types: [apigateway.EndpointType.PRIVATE], vpcEndpoints: [network.apiEndpoint] },
      policy: new iam.PolicyDocument({
        statements: [statement(iam.Effect.ALLOW), statement(iam.Effect.DENY, elsewhere)],
      }),
    };
  }

  #addService({ routes, api }: ApiService): void {
    const integration = new apigateway.LambdaIntegration(api.target, { scopePermissionToMethod: false });
    for (const route of Object.values(routes)) this.#addRoute(route, integration);
  }

  #addRoute(route: Route, integration: apigateway.Integration): void {
    const resource = this.api.root.resourceForPath(route.path);
    const closed = route.caller === 'user' || route.caller === 'admin';
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const method = resource.addMethod(route.method, integration, {
      operationName: route.operationId,
      authorizationType: closed ? apigateway.AuthorizationType.CUSTOM : apigateway.AuthorizationType.NONE,
      ...(closed && { authorizer: this.#authorizer }),
      requestParameters: Object.fromEntries(names.map((name) => [`method.request.path.${name}`, true])),
      ...(route.body && {
        requestModels: { 'application/json': bodyModel(this, this.api, route) },
        requestValidator: this.#bodyValidator,
      }),
    });
    if (!closed) acknowledge(method, 'APIG4', `Its contract says ${route.caller}: ${OPEN[route.caller]}`);
  }

  /** A ceiling over all methods together, for a client that is given a key. */
  #addUsagePlan(): void {
    this.api.addUsagePlan('Partners', {
      name: `throughline-${this.#props.stage.name}-partners`,
      description: 'For clients that are given a key; people need none',
      apiStages: [{ api: this.api, stage: this.api.deploymentStage }],
      throttle: { rateLimit: 200, burstLimit: 400 },
      quota: { limit: 1_000_000, period: apigateway.Period.DAY },
    });
  }

  /** API Gateway writes its errors to a log group of this name, and would make one that keeps them for ever. */
  #keepExecutionLog(): void {
    const { stage } = this.#props;
    const logGroup = new logs.LogGroup(this, 'ExecutionLog', {
      logGroupName: `API-Gateway-Execution-Logs_${this.api.restApiId}/${API_STAGE_NAME}`,
      retention: stage.logRetentionDays as number,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE : RemovalPolicy.DESTROY,
    });
    this.api.deploymentStage.node.addDependency(logGroup);
  }

  /** One line a request, without bodies, headers or tokens. */
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

const LOG_WRITER = 'service-role/AmazonAPIGatewayPushToCloudWatchLogs';
/** Why a method needs no token. */
const OPEN: Record<string, string> = {
  public: 'anybody may call it, and it tells nobody anything of somebody else',
  provider: 'the provider signs what it sends, and the handler checks that',
};

function acknowledgeLaptop(api: apigateway.RestApi): void {
  acknowledge(api, 'APIG3', 'The emulator has no firewall; the stages on AWS have two');
  acknowledge(api, 'APIG6', 'The emulator needs a role of the account for it; the stages on AWS log');
}

function stageOptions(routes: Route[], stage: Stage): apigateway.StageOptions {
  // Bodies, headers and tokens are never logged; errors are.
  const logging = {
    metricsEnabled: true,
    ...(stage.aws && { loggingLevel: apigateway.MethodLoggingLevel.ERROR, dataTraceEnabled: false }),
  };
  return {
    stageName: API_STAGE_NAME,
    tracingEnabled: stage.aws?.tracing ?? true,
    ...logging,
    methodOptions: Object.fromEntries(
      routes.map(({ path, method, limit }) => [
        `${path}/${method}`,
        // A method's own settings take nothing over from the stage's.
        { ...logging, throttlingRateLimit: limit.ratePerSecond, throttlingBurstLimit: limit.burst },
      ]),
    ),
  };
}

/** Browsers may call from the edge's own origin and from nowhere else. */
function corsOf(stage: Stage): apigateway.CorsOptions {
  return {
    allowOrigins: [stage.publicOrigin],
    allowMethods: ['GET', 'POST', 'PATCH', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'idempotency-key', 'if-match'],
  };
}
