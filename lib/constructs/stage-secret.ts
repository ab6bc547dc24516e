import { CfnParameter, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { pascalCase } from './names.ts';

/**
 * A secret that is passed at deploy time, as a `NoEcho` parameter. Its value is in no template, no asset and no file of
 * the repository. Only the `local` stage has such secrets; on AWS the functions authenticate with IAM.
 */
export function stageSecret(scope: Construct, name: string): string {
  const stack = Stack.of(scope);
  const found = stack.node.tryFindChild(name) as CfnParameter | undefined;
  const parameter = found ?? new CfnParameter(stack, name, { type: 'String', noEcho: true, minLength: 16 });
  return parameter.valueAsString;
}

/** The name of the parameter with a service's password for the database and the cache. */
export const passwordParameter = (service: string) => `Password${pascalCase(service)}`;
