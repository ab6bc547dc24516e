import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { limitOf, monthlyCost } from '../../lib/reports/cost.ts';
import { readResources } from '../../lib/reports/template-resources.ts';
import { ASSEMBLIES, AWS_STAGES } from '../support/assembly.ts';

const resourcesOf = (stage: string) => readResources(path.join(ASSEMBLIES, stage), stage);
const total = (stage: string, load: number) =>
  monthlyCost(resourcesOf(stage), load).reduce((sum, { usdAMonth }) => sum + usdAMonth, 0);

describe.each(AWS_STAGES)('the cost of %s', (stage) => {
  test('grows with the load and is never zero', () => {
    const totals = [0, 1, 10, 100].map((load) => total(stage, load));
    expect(totals[0]).toBeGreaterThan(0);
    expect(totals).toEqual([...totals].sort((a, b) => a - b));
  });
});

test('an idle dev costs less than a quarter of an idle prod, and its database less than 5 USD a month', () => {
  expect(total('dev', 0)).toBeLessThan(total('prod', 0) / 4);
  const aurora = monthlyCost(resourcesOf('dev'), 0).find(({ what }) => what === 'Aurora capacity');
  expect(aurora?.usdAMonth).toBeLessThan(5);
});

test('a load above the limits of a stage is reported', () => {
  expect(limitOf(resourcesOf('prod'), 100)).toBeUndefined();
  expect(limitOf(resourcesOf('dev'), 100)).toMatch(/at once|ACU/);
});
