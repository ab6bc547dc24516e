import { type CloudFormationClient, ListImportsCommand, paginateListExports } from '@aws-sdk/client-cloudformation';
import type { StackTemplate } from './left-out.ts';

/**
 * The emulator lacks this rule of CloudFormation: an update cannot remove an export that another stack imports.
 * @throws Error with CloudFormation's message
 */
export async function assertImportsStay(
  client: CloudFormationClient,
  stack: string,
  { Outputs = {} }: StackTemplate,
): Promise<void> {
  const kept = Object.values(Outputs).map(({ Export }) => Export?.Name);
  for await (const { Exports = [] } of paginateListExports({ client }, {}))
    for (const { ExportingStackId, Name = '' } of Exports) {
      if (ExportingStackId?.split('/').at(-2) !== stack || kept.includes(Name)) continue;
      const importers = await importersOf(client, Name);
      if (importers.length > 0)
        throw new Error(`Cannot delete export ${Name} as it is in use by ${importers.join(', ')}.`);
    }
}

async function importersOf(client: CloudFormationClient, ExportName: string): Promise<string[]> {
  return client.send(new ListImportsCommand({ ExportName })).then(
    ({ Imports = [] }) => Imports,
    (error: Error) => {
      if (/is not imported by any stack/.test(error.message)) return [];
      throw error;
    },
  );
}
