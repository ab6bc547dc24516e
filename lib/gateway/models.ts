import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import * as z from 'zod';
import type { Route } from '../../lambdas/shared/contract.ts';

/** The model that validates a route's body: the contract's schema in JSON Schema draft 4, which API Gateway reads. */
export function bodyModel(scope: Construct, api: apigateway.RestApi, route: Route): apigateway.IModel {
  const schema = z.toJSONSchema(route.body as z.ZodObject, { target: 'draft-4', io: 'input', unrepresentable: 'any' });
  const name = `${route.operationId[0]?.toUpperCase()}${route.operationId.slice(1)}Body`;
  const model = new apigateway.CfnModel(scope, name, {
    restApiId: api.restApiId,
    contentType: 'application/json',
    name,
    schema: withoutUnknowns(schema),
  });
  return { modelId: model.ref };
}

/** Removes what draft 4 does not have, since API Gateway rejects it. The handler validates the full schema anyway. */
function withoutUnknowns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutUnknowns);
  if (!schema || typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(
    ([key, value]) => key !== '~standard' && !(key === 'format' && value === 'uuid'),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutUnknowns(value)]));
}
