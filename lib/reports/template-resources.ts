import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A value of a template: looked into by name, without knowing its shape. */
type Json = ReturnType<typeof JSON.parse>;
export interface TemplateResource {
  stack: string;
  id: string;
  type: string;
  properties: Record<string, Json>;
}

/** Every resource of a synthesized stage. */
export function readResources(assembly: string, stage: string): TemplateResource[] {
  return readdirSync(assembly)
    .filter((file) => file.endsWith('.template.json'))
    .sort()
    .flatMap((file) => {
      const stack = file.replace('.template.json', '').replace(`throughline-${stage}-`, '');
      const { Resources } = JSON.parse(readFileSync(path.join(assembly, file), 'utf8'));
      return Object.entries(Resources as Record<string, Json>).map(([id, { Type, Properties }]) => ({
        stack,
        id,
        type: Type,
        properties: Properties ?? {},
      }));
    });
}

/** Logical ids by what they are called for people: `Network/Vpc` resources of security groups, by description. */
export interface FlowRow {
  from: string;
  to: string;
  port: string;
}

/** Who may open a connection to whom, as the security groups of the templates say. Rules of both ends must agree. */
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
    for (const rule of properties.SecurityGroupIngress ?? [])
      rows.push({ from: sourceOf(rule) ?? String(rule.CidrIp), to: names.get(id) ?? id, port: portOf(rule) });
  }
  return rows.sort((a, b) => `${a.to}${a.from}`.localeCompare(`${b.to}${b.from}`));
}
