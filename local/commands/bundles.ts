import { bundles, describeBundles, MAX_BUNDLE_BYTES } from '../../lib/constructs/bundles.ts';
import { runCommand } from '../cli.ts';

/** Builds every function's bundle and prints its unzipped size. */
await runCommand(() => {
  console.log(describeBundles(bundles()));
  console.log(`The limit for each bundle is ${MAX_BUNDLE_BYTES / 1000} KB.`);
});
