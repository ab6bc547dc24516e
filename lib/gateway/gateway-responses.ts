import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import { commonProblems, mayRetry, type ProblemKind, problemDocument } from '../../lambdas/shared/problem.ts';

const { ResponseType } = apigateway;
const {
  VALIDATION_FAILED,
  UNAUTHENTICATED,
  FORBIDDEN,
  NOT_FOUND,
  PAYLOAD_TOO_LARGE,
  UNSUPPORTED_MEDIA_TYPE,
  TOO_MANY_REQUESTS,
  INTERNAL,
  DEPENDENCY_UNAVAILABLE,
} = commonProblems;

/** The gateway's own errors, and the problem that each one becomes. */
const RESPONSES = [
  [ResponseType.UNAUTHORIZED, UNAUTHENTICATED],
  [ResponseType.EXPIRED_TOKEN, UNAUTHENTICATED],
  [ResponseType.INVALID_SIGNATURE, UNAUTHENTICATED],
  [ResponseType.ACCESS_DENIED, FORBIDDEN],
  [ResponseType.WAF_FILTERED, FORBIDDEN],
  // API Gateway's type for an unknown method or path.
  [ResponseType.MISSING_AUTHENTICATION_TOKEN, NOT_FOUND],
  [ResponseType.RESOURCE_NOT_FOUND, NOT_FOUND],
  [ResponseType.BAD_REQUEST_BODY, VALIDATION_FAILED],
  [ResponseType.BAD_REQUEST_PARAMETERS, VALIDATION_FAILED],
  [ResponseType.REQUEST_TOO_LARGE, PAYLOAD_TOO_LARGE],
  [ResponseType.UNSUPPORTED_MEDIA_TYPE, UNSUPPORTED_MEDIA_TYPE],
  [ResponseType.THROTTLED, TOO_MANY_REQUESTS],
  [ResponseType.QUOTA_EXCEEDED, TOO_MANY_REQUESTS],
  [ResponseType.INTEGRATION_FAILURE, DEPENDENCY_UNAVAILABLE],
  [ResponseType.INTEGRATION_TIMEOUT, DEPENDENCY_UNAVAILABLE],
  // The token check throws when it cannot tell, or does not respond in time.
  [ResponseType.AUTHORIZER_FAILURE, DEPENDENCY_UNAVAILABLE],
  [ResponseType.AUTHORIZER_CONFIGURATION_ERROR, INTERNAL],
  [ResponseType.API_CONFIGURATION_ERROR, INTERNAL],
  [ResponseType.DEFAULT_5XX, INTERNAL],
] as const;

/** The gateway does not say which part of a request it refuses, so a 422 names the whole of it. */
const FIELDS: Partial<Record<string, string>> = {
  [ResponseType.BAD_REQUEST_BODY.responseType]: 'body',
  [ResponseType.BAD_REQUEST_PARAMETERS.responseType]: 'path',
};

function documentOf(type: apigateway.ResponseType, kind: ProblemKind): string {
  const field = FIELDS[type.responseType];
  const details = field ? { fields: [{ field, message: 'is not valid' }] } : {};
  return JSON.stringify(problemDocument(kind, details, '$context.requestId'));
}

/** Gives the gateway's own errors the same problem+json format as the services' errors. */
export function addGatewayResponses(api: apigateway.RestApi, allowedOrigin: string): void {
  for (const [type, kind] of RESPONSES) {
    api.addGatewayResponse(type.responseType, {
      type,
      statusCode: String(kind.status),
      responseHeaders: {
        'content-type': "'application/problem+json'",
        'access-control-allow-origin': `'${allowedOrigin}'`,
        'cache-control': "'no-store'",
        'x-content-type-options': "'nosniff'",
        'x-request-id': 'context.requestId',
        ...(kind.status === 401 && { 'www-authenticate': "'Bearer'" }),
        ...(mayRetry(kind.status) && { 'retry-after': "'1'" }),
      },
      templates: { 'application/json': documentOf(type, kind) },
    });
  }
}
