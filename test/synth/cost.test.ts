import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ioOptimizedPaysFrom, limitOf, monthlyCost } from '../../lib/reports/cost.ts';
import { readResources } from '../../lib/reports/template-resources.ts';
import { ASSEMBLIES, AWS_STAGES } from '../support/assembly.ts';

const resourcesOf = (stage: string) => readResources(path.join(ASSEMBLIES, stage));
const total = (stage: string, load: number) =>
  monthlyCost(resourcesOf(stage), load).reduce((sum, { usdAMonth }) => sum + usdAMonth, 0);

describe.each(AWS_STAGES)('the cost of %s', (stage) => {
  test('grows with the load and is never zero', () => {
    const totals = [0, 1, 10, 100].map((load) => total(stage, load));
    expect(totals[0]).toBeGreaterThan(0);
    expect(totals).toEqual([...totals].sort((a, b) => a - b));
  });
});

test('an idle dev costs less than 100 USD a month', () => {
  expect(total('dev', 0)).toBeLessThan(100);
});

test('I/O-Optimized storage pays from a load on, and not below it', () => {
  const paysFrom = ioOptimizedPaysFrom(resourcesOf('prod')) as number;
  const optimized = resourcesOf('prod').map((each) =>
    each.type === 'AWS::RDS::DBCluster'
      ? { ...each, properties: { ...each.properties, StorageType: 'aurora-iopt1' } }
      : each,
  );
  const saved = (load: number) =>
    total('prod', load) - monthlyCost(optimized, load).reduce((sum, { usdAMonth }) => sum + usdAMonth, 0);
  expect(saved(paysFrom)).toBeGreaterThan(0);
  expect(saved(paysFrom / 2)).toBeLessThan(0);
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
