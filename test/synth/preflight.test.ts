import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { reservedConcurrency } from '../../lib/constructs/concurrency.ts';
import { interfaceEndpoints } from '../../lib/network/network.ts';
import { MIN_BOOTSTRAP_VERSION } from '../../local/preflight/account.ts';
import { recordsOf } from '../../local/preflight/domain.ts';
import { ASSEMBLIES, AWS_STAGES, resourcesOf } from '../support/assembly.ts';
import { stageWith } from '../support/preflight.ts';

/** What `npm run preflight` asks of the account is what the templates need. */
describe.each(AWS_STAGES)('npm run preflight of %s', (name) => {
  const stage = stageWith({ stage: name });

  test('asks for the reserved concurrency of the functions in the templates', () => {
    const reserved = resourcesOf(name, 'AWS::Lambda::Function')
      .filter(({ Properties }) => Properties.ReservedConcurrentExecutions !== undefined)
      .map(({ Properties }) => [Properties.FunctionName, Properties.ReservedConcurrentExecutions]);
    expect(Object.fromEntries(reservedConcurrency(stage))).toEqual(Object.fromEntries(reserved));
  });

  test('asks for the services and zones of the interface endpoints in the templates', () => {
    const found = resourcesOf(name, 'AWS::EC2::VPCEndpoint')
      .filter(({ Properties }) => Properties.VpcEndpointType === 'Interface')
      .map(({ Properties }) => [Properties.ServiceName, Properties.SubnetIds.length]);
    const asked = interfaceEndpoints(stage.aws).map(({ service, zones }) => [
      `com.amazonaws.${stage.env.region}.${service.shortName}`,
      zones,
    ]);
    expect(Object.fromEntries(asked)).toEqual(Object.fromEntries(found));
  });

  test('looks for records at the names at which the templates create them', () => {
    const created = resourcesOf(name, 'AWS::Route53::RecordSet')
      .filter(({ Properties }) => typeof Properties.Name === 'string')
      .map(({ stack, Properties }) => `${stack} ${Properties.Name.replace(/\.$/, '')}`);
    const asked = recordsOf(stageWith({ stage: name, domain: 'shop.throughline.example' }));
    expect(asked.map((each) => `${each.stack} ${each.name}`).sort()).toEqual([...new Set(created)].sort());
  });

  test('asks for the version of the bootstrap stack that the templates need', () => {
    const manifest = JSON.parse(readFileSync(path.join(ASSEMBLIES, name, 'manifest.json'), 'utf8'));
    const versions = Object.values<{ type: string; properties: { requiresBootstrapStackVersion?: number } }>(
      manifest.artifacts,
    )
      .filter(({ type }) => type === 'aws:cloudformation:stack' || type === 'cdk:asset-manifest')
      .map(({ properties }) => properties.requiresBootstrapStackVersion ?? 0);
    expect(Math.max(...versions)).toBe(MIN_BOOTSTRAP_VERSION);
  });
});
