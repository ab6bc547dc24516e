import { createRequire } from 'node:module';
import { text } from 'node:stream/consumers';

/**
 * The CDK CLI with its arguments read from standard input, as a JSON array: among them are the services' passwords, and every user
 * of the machine can read the arguments of a process.
 */
const args: string[] = JSON.parse(await text(process.stdin));
process.argv.push(...args);
createRequire(import.meta.url)('aws-cdk/bin/cdk');
