import { apiLogRole, bootstrap, credentials, mail, settings } from './account.ts';
import type { Check } from './check.ts';
import { lambdaConcurrency } from './concurrency.ts';
import { caa, hostedZone, records } from './domain.ts';
import { aurora, valkey } from './engines.ts';
import { ipv6 } from './ipv6.ts';
import { stacks } from './stacks.ts';
import { endpoints, zones } from './zones.ts';

/** All checks, in the order in which they are printed. */
export const CHECKS: readonly Check[] = [
  credentials,
  settings,
  bootstrap,
  stacks,
  lambdaConcurrency,
  mail,
  hostedZone,
  caa,
  records,
  zones,
  endpoints,
  ipv6,
  aurora,
  valkey,
  apiLogRole,
];
