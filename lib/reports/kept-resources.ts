import type { TemplateResource } from './template-resources.ts';

/** How a kept resource is kept. `RetainExceptOnCreate` deletes it again if its first deployment fails. */
const KEPT: Record<string, string> = {
  Retain: 'itself',
  RetainExceptOnCreate: 'itself, unless its creation failed',
  Snapshot: 'a final snapshot',
};

/** What stays when a stage is destroyed: one row of a table for each kind of resource in a stack. */
export function keptRows(stage: string, resources: TemplateResource[]): string[] {
  const counts = new Map<string, number>();
  for (const { stack, type, deletionPolicy = 'Delete' } of resources) {
    if (deletionPolicy === 'Delete') continue;
    const row = `| ${stage} | ${stack} | COUNT × \`${type}\` | ${KEPT[deletionPolicy] ?? deletionPolicy} |`;
    counts.set(row, (counts.get(row) ?? 0) + 1);
  }
  return [...counts].map(([row, count]) => row.replace('COUNT', String(count))).sort();
}
