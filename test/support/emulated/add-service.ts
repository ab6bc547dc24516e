import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { ROOT } from '../../../local/instance.ts';
import { namesOf } from '../../../local/new-service/names.ts';
import { registrationOf, writeAll } from '../../../local/new-service/register.ts';
import { serviceFiles } from '../../../local/new-service/service-files.ts';

/** Adds a service to the tree that this file is in, as `npm run new-service` does, but without tests and documents. */
const names = namesOf(process.argv[2]);
mkdirSync(path.join(ROOT, 'lambdas', names.kebab), { recursive: true });
writeAll({ ...serviceFiles(names), ...registrationOf(names) });
