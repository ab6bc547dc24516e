import { DescribeCacheEngineVersionsCommand } from '@aws-sdk/client-elasticache';
import { DescribeDBEngineVersionsCommand } from '@aws-sdk/client-rds';
import { VALKEY_VERSION } from '../../lambdas/cache/valkey.construct.ts';
import { ENGINE_VERSION } from '../../lambdas/database/aurora.construct.ts';
import { type Check, PreflightError } from './check.ts';

const AURORA = 'aurora-postgresql';
const VALKEY = 'valkey';

/** @returns the version, for the line of a passed check */
function assertOffered(wanted: string, offered: (string | undefined)[], region: string, file: string): string {
  if (offered.includes(wanted)) return `${wanted} is offered in ${region}`;
  throw new PreflightError(
    `version ${wanted} is not offered in ${region}; offered are ${offered.join(', ') || 'none'}. ` +
      `Change the version in ${file}, or the region`,
  );
}

export const aurora: Check = {
  what: 'Aurora PostgreSQL',
  actions: ['rds:DescribeDBEngineVersions'],
  run: async ({ rds }, { env }) => {
    const { DBEngineVersions = [] } = await rds.send(new DescribeDBEngineVersionsCommand({ Engine: AURORA }));
    const offered = DBEngineVersions.filter(({ Status }) => Status !== 'deprecated');
    return assertOffered(
      ENGINE_VERSION.auroraPostgresFullVersion,
      offered.map(({ EngineVersion }) => EngineVersion),
      env.region,
      'lambdas/database/aurora.construct.ts',
    );
  },
};

export const valkey: Check = {
  what: 'Valkey',
  actions: ['elasticache:DescribeCacheEngineVersions'],
  run: async ({ elastiCache }, { env }) => {
    const { CacheEngineVersions = [] } = await elastiCache.send(
      new DescribeCacheEngineVersionsCommand({ Engine: VALKEY }),
    );
    const offered = CacheEngineVersions.map(({ EngineVersion }) => EngineVersion);
    return assertOffered(VALKEY_VERSION, offered, env.region, 'lambdas/cache/valkey.construct.ts');
  },
};
