import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Template } from 'aws-cdk-lib/assertions';
import { shortStackName } from '../../lib/stacks.ts';

export const ROOT = path.resolve(import.meta.dirname, '../..');
/** The folder of the synthesized stages. */
export const ASSEMBLIES = path.join(ROOT, '.build', 'assemblies');
export const STAGES = ['local', 'dev', 'prod'] as const;
export type StageName = (typeof STAGES)[number];
export const AWS_STAGES = ['dev', 'prod'] as const;

export interface Resource {
  Type: string;
  // A test may read any property of a template.
  Properties: Record<string, Json>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string[];
}
/** A value of a template, whose type is not known. */
export type Json = ReturnType<typeof JSON.parse>;

export const stacksOf = (stage: StageName): string[] =>
  readdirSync(path.join(ASSEMBLIES, stage))
    .filter((file) => file.endsWith('.template.json'))
    .map((file) => shortStackName(file.replace('.template.json', '')))
    .sort();

export const templateFile = (stage: StageName, stack: string) => {
  const end = `-${stack}.template.json`;
  const file = readdirSync(path.join(ASSEMBLIES, stage)).find((each) => each.endsWith(end));
  return path.join(ASSEMBLIES, stage, file ?? `(none)${end}`);
};

/** The synth's messages about a stack, including warnings. */
export const metadataFile = (stage: StageName, stack: string) =>
  templateFile(stage, stack).replace('.template.json', '.metadata.json');

const read = (stage: StageName, stack: string) => JSON.parse(readFileSync(templateFile(stage, stack), 'utf8'));

export const templateOf = (stage: StageName, stack: string): Template => Template.fromJSON(read(stage, stack));

export interface Found extends Resource {
  stack: string;
  id: string;
}

/** All resources of a stack's template, or those of one type. */
export const resourcesIn = (template: { Resources: Record<string, Resource> }, stack: string, type?: string): Found[] =>
  Object.entries(template.Resources)
    .filter(([, resource]) => type === undefined || resource.Type === type)
    .map(([id, resource]) => ({ ...resource, Properties: resource.Properties ?? {}, stack, id }));

/** All resources of a stage, or those of one type. */
export const resourcesOf = (stage: StageName, type?: string): Found[] =>
  stacksOf(stage).flatMap((stack) => resourcesIn(read(stage, stack), stack, type));

/** Removes asset hashes and version ids. They change with every line of code, and a snapshot must not. */
export const withoutHashes = (stage: StageName, stack: string) =>
  JSON.parse(
    JSON.stringify(read(stage, stack))
      .replaceAll(/[0-9a-f]{64}/g, 'HASH')
      .replaceAll(/Deployment[0-9A-F]{8}[0-9a-f]{32}/g, 'Deployment')
      .replaceAll(/CurrentVersion[0-9A-F]{8}[0-9a-f]{32}/g, 'CurrentVersion'),
  );
