import { CfnParameter, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';

/**
 * A secret that the run hands in when it deploys. It is a parameter that CloudFormation never shows: its value is in no
 * template, no asset and no file of the repository. Only the `local` stage has such secrets; on AWS the functions
 * authenticate by IAM.
 */
export function stageSecret(scope: Construct, name: string): string {
  const stack = Stack.of(scope);
  const found = stack.node.tryFindChild(name) as CfnParameter | undefined;
  const parameter = found ?? new CfnParameter(stack, name, { type: 'String', noEcho: true, minLength: 16 });
  return parameter.valueAsString;
}

/** The name of the parameter with a service's password, for the database and for the cache. */
export const passwordParameter = (service: string) => `Password${service[0]?.toUpperCase()}${service.slice(1)}`;
