import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { shortStackName } from '../stacks.ts';

/** A value of a template. Its shape is unknown, so that callers read properties by name. */
type Json = ReturnType<typeof JSON.parse>;
export interface TemplateResource {
  stack: string;
  id: string;
  type: string;
  properties: Record<string, Json>;
  /** What CloudFormation does with it when its stack is deleted. The default is `Delete`. */
  deletionPolicy?: string;
}

/** Every resource of a synthesized stage. */
export function readResources(assembly: string): TemplateResource[] {
  return readdirSync(assembly)
    .filter((file) => file.endsWith('.template.json'))
    .sort()
    .flatMap((file) => {
      const stack = shortStackName(file.replace('.template.json', ''));
      const { Resources } = JSON.parse(readFileSync(path.join(assembly, file), 'utf8'));
      return Object.entries(Resources as Record<string, Json>).map(([id, { Type, Properties, DeletionPolicy }]) => ({
        stack,
        id,
        type: Type,
        properties: Properties ?? {},
        ...(DeletionPolicy && { deletionPolicy: DeletionPolicy }),
      }));
    });
}

/** A connection that the security groups allow. Groups have the names of their descriptions. */
export interface FlowRow {
  from: string;
  to: string;
  port: string;
}

/** The connections that the security groups of the templates allow, from their ingress rules. */
export function readFlows(resources: TemplateResource[]): FlowRow[] {
  const names = new Map<string, string>();
  for (const { type, id, properties } of resources)
    if (type === 'AWS::EC2::SecurityGroup') names.set(id, properties.GroupDescription.replace('Throughline: ', ''));
  const nameOf = (value: Json) => {
    const text = JSON.stringify(value ?? '');
    return [...names].find(([id]) => text.includes(`${id}GroupId`) || text.includes(`"${id}"`))?.[1];
  };
  const sourceOf = (rule: Json) =>
    nameOf(rule.SourceSecurityGroupId) ?? (rule.SourcePrefixListId ? 'CloudFront (its prefix list)' : undefined);
  const portOf = (rule: Json) =>
    rule.FromPort === rule.ToPort ? String(rule.FromPort) : `${rule.FromPort}-${rule.ToPort}`;
  const rows: FlowRow[] = [];
  for (const { type, id, properties } of resources) {
    if (type === 'AWS::EC2::SecurityGroupIngress')
      rows.push({
        from: sourceOf(properties) ?? `?${properties.CidrIp}`,
        to: nameOf(properties.GroupId) ?? '?',
        port: portOf(properties),
      });
    if (type !== 'AWS::EC2::SecurityGroup') continue;
    for (const rule of properties.SecurityGroupEgress ?? [])
      if (rule.CidrIpv6)
        rows.push({ from: names.get(id) ?? id, to: `internet (${rule.CidrIpv6})`, port: portOf(rule) });
    for (const rule of properties.SecurityGroupIngress ?? [])
      rows.push({ from: sourceOf(rule) ?? String(rule.CidrIp), to: names.get(id) ?? id, port: portOf(rule) });
  }
  return rows.sort((a, b) => (`${a.to}${a.from}` < `${b.to}${b.from}` ? -1 : 1));
}
