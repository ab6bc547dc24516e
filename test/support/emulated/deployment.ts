import { readFileSync } from 'node:fs';
import path from 'node:path';
import {
  type CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  paginateDescribeStackEvents,
  paginateListStackResources,
  type Stack,
  type StackEvent,
  UpdateStackCommand,
  type UpdateStackCommandInput,
  UpdateTerminationProtectionCommand,
} from '@aws-sdk/client-cloudformation';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { ACCOUNT } from '../../../local/servers/emulator.ts';
import { waitUntil } from '../../../local/servers/processes.ts';
import type { Json } from '../assembly.ts';
import type { EmulatedAccount } from './account.ts';
import { assertImportsStay } from './exports.ts';
import { fitTemplate, MIGRATION, type StackTemplate } from './left-out.ts';
import { zipOf } from './releases.ts';

const STACK_TIMEOUT_MS = 60_000;
/** The status of a stack whose template has no changes. */
export const UNCHANGED = 'unchanged';
/** The logical id of the function that `withFailure` adds. */
export const BROKEN = 'Broken';
/** The hosted zone of a stage without settings (lib/stage-context.ts). */
const PLACEHOLDER_ZONE = 'Z00000000000EXAMPLE';

/** A stack of a synthesized app. */
export interface AppStack {
  name: string;
  region: string;
  template: StackTemplate;
  terminationProtection: boolean;
  /** Types that are deployed although the emulator cannot create them (left-out.ts). */
  known?: string[];
  assets: { file: string; bucket: string; key: string }[];
}

/** The stacks of a synthesized app in the order in which the CDK deploys them: a stack after those that it needs. */
export function stacksIn(folder: string): AppStack[] {
  const { artifacts } = readJson(path.join(folder, 'manifest.json'));
  const ordered: string[] = [];
  const visit = (id: string) => {
    if (artifacts[id].type !== 'aws:cloudformation:stack' || ordered.includes(id)) return;
    for (const dependency of artifacts[id].dependencies ?? []) visit(dependency);
    ordered.push(id);
  };
  for (const id of Object.keys(artifacts)) visit(id);
  return ordered.map((name) => {
    const { environment, properties } = artifacts[name];
    return {
      name,
      region: environment.split('/').at(-1),
      template: readJson(path.join(folder, properties.templateFile)),
      terminationProtection: properties.terminationProtection ?? false,
      assets: assetsOf(folder, name),
    };
  });
}

/** The files that a stack needs in the bucket of its region. Folders are zipped already (releases.ts). */
function assetsOf(folder: string, stack: string): AppStack['assets'] {
  const { files } = readJson(path.join(folder, `${stack}.assets.json`));
  return Object.values<Json>(files).map(({ source, destinations }) => {
    const [{ bucketName, objectKey }] = Object.values<Json>(destinations);
    const file = source.packaging === 'zip' ? zipOf(source.path) : path.join(folder, source.path);
    return { file, bucket: bucketName, key: objectKey };
  });
}

const readJson = (file: string): Json => JSON.parse(readFileSync(file, 'utf8'));

/** The same stack with a function that cannot be created, since its layer is missing. It comes after all other resources. */
export function withFailure(stack: AppStack): AppStack {
  const { Resources } = stack.template;
  const broken = {
    Type: 'AWS::Lambda::Function',
    Properties: {
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Role: `arn:aws:iam::${ACCOUNT}:role/none`,
      Code: { ZipFile: 'export const handler = () => {};' },
      Layers: [`arn:aws:lambda:${stack.region}:${ACCOUNT}:layer:missing:1`],
    },
    DependsOn: Object.keys(Resources),
  };
  return { ...stack, template: { ...stack.template, Resources: { ...Resources, [BROKEN]: broken } } };
}

/** The same stack with its migrations. They fail, since the emulator has no database. */
export const withMigrations = (stack: AppStack): AppStack => ({ ...stack, known: [MIGRATION] });

/** Deploys stacks as the CDK CLI does, without what the emulator cannot create. */
export class Deployment {
  readonly #account: EmulatedAccount;
  readonly #published = new Set<string>();

  constructor(account: EmulatedAccount) {
    this.#account = account;
  }

  /** Creates or updates a stack. A stack whose creation failed is deleted first. @returns its status at the end */
  async deploy(stack: AppStack): Promise<string> {
    const { name, region } = stack;
    const client = this.#account.cloudFormation(region);
    if ((await this.statusOf(stack)) === 'ROLLBACK_COMPLETE') await this.destroy(stack);
    const status = await this.statusOf(stack);
    const TemplateURL = await this.#publish(stack);
    const input = {
      StackName: name,
      TemplateURL,
      Capabilities: ['CAPABILITY_IAM' as const, 'CAPABILITY_NAMED_IAM' as const],
    };
    if (status === undefined)
      await client.send(new CreateStackCommand({ ...input, EnableTerminationProtection: stack.terminationProtection }));
    else {
      await assertImportsStay(client, name, stack.template);
      await this.setTerminationProtection(stack, stack.terminationProtection);
      if (!(await this.#update(client, input))) return UNCHANGED;
    }
    return this.#settled(stack);
  }

  /** @returns whether the template has changes */
  async #update(client: CloudFormationClient, input: UpdateStackCommandInput): Promise<boolean> {
    return client.send(new UpdateStackCommand(input)).then(
      () => true,
      (error: Error) => {
        if (/No updates are to be performed/.test(error.message)) return false;
        throw error;
      },
    );
  }

  /** Deploys stacks one after the other. @throws Error with CloudFormation's reasons for the first that fails */
  async deployAll(stacks: AppStack[]): Promise<Record<string, string>> {
    const statuses: Record<string, string> = {};
    for (const stack of stacks) {
      const status = await this.deploy(stack);
      if (![UNCHANGED, 'CREATE_COMPLETE', 'UPDATE_COMPLETE'].includes(status))
        throw new Error(`${stack.name} is ${status}:\n${(await this.failuresOf(stack)).join('\n')}`);
      statuses[stack.name] = status;
    }
    return statuses;
  }

  /** Deletes a stack, and waits until it is gone or cannot be deleted. @returns its last status */
  async destroy(stack: AppStack): Promise<string> {
    const described = await this.describe(stack);
    // A deleted stack is found by its id only.
    const byId = { ...stack, name: described?.StackId ?? stack.name };
    await this.#account.cloudFormation(stack.region).send(new DeleteStackCommand({ StackName: stack.name }));
    return this.#settled(byId);
  }

  async setTerminationProtection({ name, region }: AppStack, enabled: boolean): Promise<void> {
    const update = new UpdateTerminationProtectionCommand({ StackName: name, EnableTerminationProtection: enabled });
    await this.#account.cloudFormation(region).send(update);
  }

  async describe({ name, region }: AppStack): Promise<Stack | undefined> {
    const describe = new DescribeStacksCommand({ StackName: name });
    const { Stacks } = await this.#account
      .cloudFormation(region)
      .send(describe)
      .catch((error: Error) => {
        if (/does not exist/.test(error.message)) return { Stacks: [] };
        throw error;
      });
    return Stacks?.[0];
  }

  async statusOf(stack: AppStack): Promise<string | undefined> {
    return (await this.describe(stack))?.StackStatus;
  }

  /** The physical ids of a stack's resources by logical id. */
  async resourcesOf({ name, region }: AppStack): Promise<Record<string, string>> {
    const pages = paginateListStackResources({ client: this.#account.cloudFormation(region) }, { StackName: name });
    const ids: Record<string, string> = {};
    for await (const { StackResourceSummaries = [] } of pages)
      for (const each of StackResourceSummaries) ids[each.LogicalResourceId ?? ''] = each.PhysicalResourceId ?? '';
    return ids;
  }

  /** The failures that CloudFormation reports for a stack, the first one first. */
  async failuresOf(stack: AppStack): Promise<string[]> {
    const failed = (await this.eventsOf(stack)).filter(({ ResourceStatus = '' }) => ResourceStatus.endsWith('_FAILED'));
    return failed.map((event) => `${event.LogicalResourceId} (${event.ResourceType}): ${event.ResourceStatusReason}`);
  }

  /** The events of a stack, the oldest first. */
  async eventsOf({ name, region }: AppStack): Promise<StackEvent[]> {
    const client = this.#account.cloudFormation(region);
    const events: StackEvent[] = [];
    for await (const { StackEvents = [] } of paginateDescribeStackEvents({ client }, { StackName: name }))
      events.push(...StackEvents);
    return events.reverse();
  }

  async #settled(stack: AppStack): Promise<string> {
    let status = '';
    await waitUntil(async () => {
      status = (await this.statusOf(stack)) ?? '';
      return !status.endsWith('_IN_PROGRESS');
    }, STACK_TIMEOUT_MS);
    return status;
  }

  /** Uploads the assets of a stack that are not uploaded yet. @returns the address of its template */
  async #publish({ name, region, template, known, assets }: AppStack): Promise<string> {
    const s3 = this.#account.s3(region);
    const code = assets.filter(({ file, key }) => !file.endsWith('.template.json') && !this.#published.has(key));
    for (const { file, bucket, key } of code) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: readFileSync(file) }));
      this.#published.add(key);
    }
    const Bucket = assets[0]?.bucket;
    const Key = `${name}.json`;
    const Body = JSON.stringify(fitTemplate(template, known)).replaceAll(PLACEHOLDER_ZONE, this.#account.hostedZoneId);
    await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    return `${this.#account.url}/${Bucket}/${Key}`;
  }
}
