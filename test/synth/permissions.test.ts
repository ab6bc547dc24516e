import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { declaredFunctions } from '../../lambdas/registry.ts';
import { declaredPermissions, simulatedPermissions } from '../../lib/reports/permissions.ts';
import { ASSEMBLIES, AWS_STAGES, ROOT } from '../support/assembly.ts';

const committed: Record<string, string[]> = JSON.parse(
  readFileSync(path.join(ROOT, 'docs', 'permissions.json'), 'utf8'),
);

describe.each(AWS_STAGES)('by simulation of the policies of %s', (stage) => {
  test('each function may do what docs/permissions.json lists and nothing else (npm run docs writes it)', async () => {
    const { 'synthetic-buyer': synthetic, ...everywhere } = committed;
    expect(await simulatedPermissions(path.join(ASSEMBLIES, stage), stage)).toEqual(
      stage === 'prod' ? committed : everywhere,
    );
  });
});

/** Permissions that no declaration can give: each is a construct's grant, reviewed here. */
const BY_CONSTRUCT = /^(kms:(Sign|GetPublicKey|Decrypt)|secretsmanager:GetSecretValue|ses:SendEmail) /;

test('each function has the permissions of its declaration, and beyond them only keys, secrets and mail', () => {
  for (const fn of declaredFunctions('aws')) {
    const declared = [...new Set(declaredPermissions(fn))];
    const permissions = committed[fn.name] ?? [];
    const beyond = permissions.filter((each) => !declared.includes(each) && !BY_CONSTRUCT.test(each));
    expect({ function: fn.name, missing: declared.filter((each) => !permissions.includes(each)), beyond }).toEqual({
      function: fn.name,
      missing: [],
      beyond: [],
    });
  }
});
