import { readFileSync } from 'node:fs';
import path from 'node:path';
import { shortStackName } from '../stacks.ts';

const BEGIN = '<!-- the stacks: made by `npm run docs` -->';
const END = '<!-- end of the stacks -->';

interface StackArtifact {
  type: string;
  dependencies?: string[];
  properties: { templateFile?: string };
}

/** A Mermaid flow chart of a synthesized stage's stacks and their dependencies, from the assembly's manifest. */
export function stackDiagram(assembly: string): string {
  const read = (file: string) => JSON.parse(readFileSync(path.join(assembly, file), 'utf8'));
  const artifacts: Record<string, StackArtifact> = read('manifest.json').artifacts;
  const stacks = Object.entries(artifacts).filter(([, { type }]) => type === 'aws:cloudformation:stack');
  // A stack depends on its assets too.
  const ids = stacks.map(([id]) => id);
  const basesOf = new Map(
    stacks.map(([id, { dependencies = [] }]) => [
      shortStackName(id),
      dependencies.filter((each) => id !== each && ids.includes(each)).map(shortStackName),
    ]),
  );
  const nodes = stacks.map(([id, { properties }]) => {
    const { Description } = read(String(properties.templateFile));
    const about = String(Description).replace(/^[^:]*: /, '');
    return `  ${shortStackName(id)}["<b>${shortStackName(id)}</b><br/>${about}"]`;
  });
  const edges = [...basesOf].flatMap(([name, bases]) => nearest(bases, basesOf).map((base) => `  ${base} --> ${name}`));
  return ['```mermaid', 'flowchart LR', ...nodes.sort(), ...edges.sort(), '```'].join('\n');
}

/** Returns the readme with the diagram between its two markers. @throws Error when a marker is missing */
export function withStackDiagram(readme: string, diagram: string): string {
  const [before, rest] = readme.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error(`README.md must have the lines "${BEGIN}" and "${END}".`);
  return `${before}${BEGIN}\n${diagram}\n${END}${after}`;
}

/** Leaves out indirect dependencies, since an arrow for each would hide the order. */
function nearest(bases: string[], basesOf: Map<string, string[]>): string[] {
  const stacks = bases.filter((base) => basesOf.has(base));
  return stacks.filter((base) => !stacks.some((other) => other !== base && reaches(other, base, basesOf)));
}

function reaches(from: string, to: string, basesOf: Map<string, string[]>): boolean {
  return (basesOf.get(from) ?? []).some((base) => base === to || reaches(base, to, basesOf));
}
