import * as apigateway from 'aws-cdk-lib/aws-apigateway';
import type { Construct } from 'constructs';
import * as z from 'zod';
import type { Route } from '../../lambdas/shared/contract.ts';

/** The model that the gateway checks a route's body against: the contract's schema, in the draft that API Gateway reads. */
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

/** API Gateway refuses what draft 4 does not know; the handler checks the whole of it anyway. */
function withoutUnknowns(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutUnknowns);
  if (!schema || typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(
    ([key, value]) => key !== '~standard' && !(key === 'format' && value === 'uuid'),
  );
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutUnknowns(value)]));
}
