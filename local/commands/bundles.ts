import { bundles, describeBundles, MAX_BUNDLE_BYTES } from '../../lib/constructs/bundles.ts';

/** Builds every function's bundle and prints its unzipped size. */
console.log(describeBundles(bundles()));
console.log(`Allowed are ${MAX_BUNDLE_BYTES / 1000} KB each.`);
