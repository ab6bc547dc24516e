import { declaredFunctions } from '../../lambdas/registry.ts';
import type { FunctionDeclaration } from '../../lambdas/shared/service.ts';
import { syntheticService } from '../../lambdas/synthetic/synthetic.service.ts';
import type { Stage } from '../stage.ts';

/** Jobs and operations run one at a time. Only the account's limit applies to the migration. */
export function concurrencyOf(declared: FunctionDeclaration, stage: Stage): { concurrency?: number } {
  if (declared.concurrency !== undefined) return { concurrency: declared.concurrency };
  switch (declared.kind) {
    case 'api':
      return { concurrency: stage.concurrency.api };
    case 'authorizer':
      return { concurrency: stage.concurrency.authorizer };
    case 'worker':
      return { concurrency: stage.concurrency.worker };
    case 'job':
    case 'operation':
      return { concurrency: 1 };
    default:
      return {};
  }
}

export const functionNameOf = (stage: Stage, name: string): string => `${stage.regionalName}-${name}`;

/** The reserved concurrency of each function of a stage on AWS, by the function's deployed name. */
export function reservedConcurrency(stage: Stage): Map<string, number> {
  const deployed = declaredFunctions('aws').filter(
    ({ service }) => service !== syntheticService || stage.aws?.syntheticBuyer,
  );
  return new Map(
    deployed.flatMap((fn) => {
      const { concurrency } = concurrencyOf(fn, stage);
      return concurrency === undefined ? [] : [[functionNameOf(stage, fn.name), concurrency] as const];
    }),
  );
}
