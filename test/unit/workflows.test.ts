import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';

const folder = path.resolve(import.meta.dirname, '../../.github/workflows');
const workflows = Object.fromEntries(
  readdirSync(folder).map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]),
);

/** The text of each job, by its name. */
function jobsOf(text: string): Record<string, string> {
  const [, jobs = ''] = text.split(/^jobs:\n/m);
  const parts = jobs.split(/^ {2}(\w+):\n/m).slice(1);
  return Object.fromEntries(parts.flatMap((name, index) => (index % 2 === 0 ? [[name, parts[index + 1] ?? '']] : [])));
}

describe.each(Object.entries(workflows))('%s', (_, text) => {
  test('names each action by its commit, since a tag can be moved', () => {
    const used = [...text.matchAll(/uses: (\S+)(.*)$/gm)];
    expect(used.length).toBeGreaterThan(0);
    for (const [, action, comment] of used) {
      expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
      expect(comment).toMatch(/^ # v\d+\.\d+\.\d+$/);
    }
  });

  test('leaves no token in the working tree', () => {
    expect(text.split('actions/checkout@').length - 1).toBe(text.split('persist-credentials: false').length - 1);
  });
});

describe('deploy.yml', () => {
  const jobs = jobsOf(String(workflows['deploy.yml']));

  test('builds in a job that cannot sign in to AWS, and deploys what was built', () => {
    expect(Object.keys(jobs)).toEqual(['build', 'diff', 'dev', 'prod']);
    expect(jobs.build).not.toContain('id-token');
    expect(workflows['deploy.yml']?.split(/^jobs:\n/m)[0]).not.toContain('id-token');
    for (const name of ['diff', 'dev', 'prod']) {
      expect(jobs[name]).toContain('npm ci --ignore-scripts');
      expect(jobs[name]).not.toContain('cdk synth');
      expect(jobs[name]).not.toContain('npm run');
    }
  });

  test('shows the difference before the approval, tests after the deployment, and rehearses a rollback in dev', () => {
    expect(jobs.diff).toContain('cdk diff --app assemblies/new');
    expect([jobs.dev, jobs.prod].map((job) => /needs: (\w+)/.exec(job ?? '')?.[1])).toEqual(['diff', 'dev']);
    for (const job of [jobs.dev, jobs.prod])
      expect(job).toMatch(/--app assemblies\/first[\s\S]*--app assemblies\/new[\s\S]*smoke\.ts/);
    expect(jobs.dev).toMatch(/--app assemblies\/before[\s\S]*smoke\.ts[\s\S]*--app assemblies\/new[\s\S]*smoke\.ts/);
  });
});
