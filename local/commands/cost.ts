import {
  ioOptimizedPaysFrom,
  limitOf,
  monthlyCost,
  NOT_INCLUDED,
  PER_ORDER,
  PRICE_LIST,
} from '../../lib/reports/cost.ts';
import { readResources } from '../../lib/reports/template-resources.ts';
import { runCommand } from '../cli.ts';
import { synthesizeForDocuments } from '../deployment/synthesize-stage.ts';

const LOADS = [0, 1, 10, 100];

await runCommand(async () => {
  const assemblies = await synthesizeForDocuments();
  for (const stage of ['dev', 'prod'] as const) {
    const resources = readResources(assemblies[stage]);
    const columns = LOADS.map(
      (load) => new Map(monthlyCost(resources, load).map(({ what, usdAMonth }) => [what, usdAMonth])),
    );
    const names = [...new Set(columns.flatMap((column) => [...column.keys()]))];
    const cell = (value: number) => value.toFixed(0).padStart(12);
    console.log(
      `\n${stage}, USD a month`.padEnd(28) +
        LOADS.map((load) => (load === 0 ? 'idle' : `${load}/s`).padStart(12)).join(''),
    );
    for (const name of names)
      console.log(name.padEnd(27) + columns.map((column) => cell(column.get(name) ?? 0)).join(''));
    const total = (column: Map<string, number>) => [...column.values()].reduce((sum, value) => sum + value, 0);
    console.log('Sum'.padEnd(27) + columns.map((column) => cell(total(column))).join(''));
    const from = ioOptimizedPaysFrom(resources);
    console.log(
      from === undefined
        ? 'I/O-Optimized storage (-c ioOptimized=true) does not pay below 100 orders per second.'
        : `I/O-Optimized storage (-c ioOptimized=true) pays from ${from} orders per second.`,
    );
    for (const load of LOADS) {
      const limit = limitOf(resources, load);
      if (limit) console.log(`At ${load}/s the stage is too small: ${limit}. Change its sizes in lib/stage.ts.`);
    }
  }
  console.log(`\nPrices: ${PRICE_LIST.region}, ${PRICE_LIST.enteredOn}. ${PRICE_LIST.source}.`);
  console.log(`Assumed usage of one order, at a constant rate: ${JSON.stringify(PER_ORDER)}.`);
  console.log(`Not included: ${NOT_INCLUDED.join('; ')}.`);
});
