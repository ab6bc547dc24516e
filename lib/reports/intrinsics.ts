import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { shortStackName } from '../stacks.ts';

/** A value of a template, whose type is not known. */
type Json = ReturnType<typeof JSON.parse>;

export const ACCOUNT = '111122223333';
export const REGION = 'eu-central-1';
const arn = (service: string, resource: string) => `arn:aws:${service}:${REGION}:${ACCOUNT}:${resource}`;

/** The ARN that AWS would return, with the logical id in place of a name that AWS would generate. */
const ARNS: Record<string, (id: string, properties: Json) => string> = {
  'AWS::SQS::Queue': (_, { QueueName }) => arn('sqs', QueueName),
  'AWS::KMS::Key': (id) => arn('kms', `key/${id}`),
  'AWS::Lambda::Function': (_, { FunctionName }) => arn('lambda', `function:${FunctionName}`),
  'AWS::Logs::LogGroup': (id) => arn('logs', `log-group:${id}:*`),
  'AWS::RDS::DBProxy': (id) => arn('rds', `db-proxy:prx-${id.toLowerCase()}`),
  'AWS::SecretsManager::Secret': (id) => arn('secretsmanager', `secret:${id}-AbCdEf`),
  'AWS::SecretsManager::SecretTargetAttachment': (id) => arn('secretsmanager', `secret:${id}-AbCdEf`),
};

/** Evaluates the intrinsic functions of a stage's templates, including the exports of other stacks. */
export class Intrinsics {
  readonly #stacks: Map<string, Json>;

  /** @param assembly the folder of a synthesized stage */
  constructor(assembly: string) {
    const templates = readdirSync(assembly).filter((file) => file.endsWith('.template.json'));
    this.#stacks = new Map(
      templates.map((file) => [
        shortStackName(file.replace('.template.json', '')),
        JSON.parse(readFileSync(path.join(assembly, file), 'utf8')),
      ]),
    );
  }

  /** @throws Error for an export that no stack has */
  evaluate(stack: string, value: Json): Json {
    if (Array.isArray(value)) return value.map((each) => this.evaluate(stack, each));
    if (value === null || typeof value !== 'object') return value;
    const [[name, given] = []] = Object.entries(value) as [string, Json][];
    switch (name) {
      case 'Ref':
        return this.#ref(stack, given);
      case 'Fn::GetAtt':
        return this.#attribute(stack, given[0]);
      case 'Fn::ImportValue':
        return this.#exported(given);
      case 'Fn::GetStackOutput':
        return this.#output(shortStackName(given.StackName), given.OutputName);
      case 'Fn::Join':
        return this.evaluate(stack, given[1]).join(given[0]);
      case 'Fn::Split':
        return String(this.evaluate(stack, given[1])).split(given[0]);
      case 'Fn::Select':
        return this.evaluate(stack, given[1])[Number(given[0])];
      default:
        return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, this.evaluate(stack, each)]));
    }
  }

  #ref(stack: string, id: string): string {
    if (id === 'AWS::Partition') return 'aws';
    if (id === 'AWS::Region') return REGION;
    if (id === 'AWS::AccountId') return ACCOUNT;
    const { Type, Properties } = this.#stacks.get(stack).Resources[id] ?? {};
    if (Type === 'AWS::SES::EmailIdentity') return Properties.EmailIdentity;
    return Type?.startsWith('AWS::SecretsManager::') ? (ARNS[Type]?.(id, Properties) ?? id) : id;
  }

  #attribute(stack: string, id: string): string {
    const { Type, Properties } = this.#stacks.get(stack).Resources[id];
    return ARNS[Type]?.(id, Properties) ?? `${id.toLowerCase()}`;
  }

  #exported(name: string): Json {
    for (const [stack, { Outputs = {} }] of this.#stacks)
      for (const { Export, Value } of Object.values(Outputs) as Json[])
        if (Export?.Name === name) return this.evaluate(stack, Value);
    throw new Error(`No stack exports ${name}.`);
  }

  #output(stack: string, name: string): Json {
    const output = this.#stacks.get(stack)?.Outputs?.[name];
    if (!output) throw new Error(`Stack ${stack} has no output ${name}.`);
    return this.evaluate(stack, output.Value);
  }
}
