import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

/**
 * Runs the CDK CLI with arguments from standard input, as a JSON array. The arguments include the services' passwords,
 * and every user of the machine can read the command line of a process.
 */
const args: string[] = JSON.parse(await text(process.stdin));
process.argv.push(...args);
createRequire(import.meta.url)('aws-cdk/bin/cdk');
