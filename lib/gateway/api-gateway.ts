import { RemovalPolicy } from 'aws-cdk-lib';
import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import * as logs from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import type { Authorizer } from '../../lambdas/auth/authorizer.construct.ts';
import type { Route } from '../../lambdas/shared/contract.ts';
import type { ApiService } from '../constructs/api-service.ts';
import type { Stage } from '../stage.ts';
import { addGatewayResponses } from './gateway-responses.ts';
import { bodyModel } from './models.ts';

export const API_STAGE_NAME = 'v1';

export interface ApiGatewayProps {
  stage: Stage;
  authorizer: Authorizer;
  services: ApiService[];
}

/** The one entry to all services. Every method, model, validator and limit comes from the contracts. */
export class ApiGateway extends Construct {
  readonly #api: apigateway.RestApi;
  readonly #bodyValidator: apigateway.RequestValidator;
  readonly #props: ApiGatewayProps;

  constructor(scope: Construct, id: string, props: ApiGatewayProps) {
    super(scope, id);
    this.#props = props;
    const routes = props.services.flatMap((service) => Object.values(service.routes));
    this.#api = new apigateway.RestApi(this, 'Api', {
      restApiName: `throughline-${props.stage.name}`,
      description: 'The one entry to all services',
      cloudWatchRole: false,
      endpointTypes: [apigateway.EndpointType.REGIONAL],
      deployOptions: { ...stageOptions(routes), ...this.#accessLog() },
      defaultCorsPreflightOptions: corsOf(props.stage),
    });
    this.#bodyValidator = this.#api.addRequestValidator('Body', { validateRequestBody: true });
    addGatewayResponses(this.#api, props.stage.publicOrigin);
    for (const service of props.services) this.#addService(service);
  }

  get id(): string {
    return this.#api.restApiId;
  }

  get stageName(): string {
    return this.#api.deploymentStage.stageName;
  }

  #addService({ routes, api }: ApiService): void {
    const integration = new apigateway.LambdaIntegration(api.function, { scopePermissionToMethod: false });
    for (const route of Object.values(routes)) this.#addRoute(route, integration);
  }

  #addRoute(route: Route, integration: apigateway.Integration): void {
    const resource = this.#api.root.resourceForPath(route.path);
    const closed = route.caller === 'user' || route.caller === 'admin';
    const names = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    resource.addMethod(route.method, integration, {
      operationName: route.operationId,
      authorizationType: closed ? apigateway.AuthorizationType.CUSTOM : apigateway.AuthorizationType.NONE,
      ...(closed && { authorizer: this.#props.authorizer.authorizer }),
      requestParameters: Object.fromEntries(names.map((name) => [`method.request.path.${name}`, true])),
      ...(route.body && {
        requestModels: { 'application/json': bodyModel(this, this.#api, route) },
        requestValidator: this.#bodyValidator,
      }),
    });
  }

  /** One line a request, without bodies, headers or tokens. */
  #accessLog(): apigateway.StageOptions {
    const { stage } = this.#props;
    const logGroup = new logs.LogGroup(this, 'AccessLog', {
      retention: stage.logRetentionDays as number,
      removalPolicy: stage.retainData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
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

function stageOptions(routes: Route[]): apigateway.StageOptions {
  return {
    stageName: API_STAGE_NAME,
    metricsEnabled: true,
    tracingEnabled: true,
    methodOptions: Object.fromEntries(
      routes.map(({ path, method, limit }) => [
        `${path}/${method}`,
        { throttlingRateLimit: limit.ratePerSecond, throttlingBurstLimit: limit.burst },
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
