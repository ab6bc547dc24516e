import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';

export const ROOT = path.resolve(import.meta.dirname, '../..');
/** Where the synthesized stages lie while the tests run. */
export const ASSEMBLIES = path.join(ROOT, '.build', 'assemblies');
export const STAGES = ['local', 'dev', 'prod'] as const;
export type StageName = (typeof STAGES)[number];
export const AWS_STAGES = ['dev', 'prod'] as const;

export interface Resource {
  Type: string;
  // What a template holds is what a test looks into.
  Properties: Record<string, Json>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string[];
}
/** A value of a template: looked into by name, without knowing its shape. */
export type Json = ReturnType<typeof JSON.parse>;

export const stacksOf = (stage: StageName): string[] =>
  readdirSync(path.join(ASSEMBLIES, stage))
    .filter((file) => file.endsWith('.template.json'))
    .map((file) => file.replace('.template.json', '').replace(`throughline-${stage}-`, ''))
    .sort();

export const templateFile = (stage: StageName, stack: string) =>
  path.join(ASSEMBLIES, stage, `throughline-${stage}-${stack}.template.json`);

/** What the synth has to say of a stack, warnings among it. */
export const metadataFile = (stage: StageName, stack: string) =>
  templateFile(stage, stack).replace('.template.json', '.metadata.json');

const read = (stage: StageName, stack: string) => JSON.parse(readFileSync(templateFile(stage, stack), 'utf8'));

export const templateOf = (stage: StageName, stack: string): Template => Template.fromJSON(read(stage, stack));

export interface Found extends Resource {
  stack: string;
  id: string;
}

/** Every resource of a stage, of one type or of all. */
export function resourcesOf(stage: StageName, type?: string): Found[] {
  return stacksOf(stage).flatMap((stack) =>
    Object.entries(read(stage, stack).Resources as Record<string, Resource>)
      .filter(([, resource]) => type === undefined || resource.Type === type)
      .map(([id, resource]) => ({ ...resource, Properties: resource.Properties ?? {}, stack, id })),
  );
}

/** Asset hashes and version ids change with every line of code; a snapshot of the infrastructure must not. */
export const withoutHashes = (stage: StageName, stack: string) =>
  JSON.parse(
    JSON.stringify(read(stage, stack))
      .replaceAll(/[0-9a-f]{64}/g, 'HASH')
      .replaceAll(/Deployment[0-9A-F]{8}[0-9a-f]{32}/g, 'Deployment')
      .replaceAll(/CurrentVersion[0-9A-F]{8}[0-9a-f]{32}/g, 'CurrentVersion'),
  );
