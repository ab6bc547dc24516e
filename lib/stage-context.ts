import * as z from 'zod';
import { readEnv } from '../lambdas/shared/env.ts';

/**
 * Placeholder values, so that `dev` and `prod` synthesize without settings. The CDK refuses to deploy to an account
 * other than the caller's.
 */
const PLACEHOLDER = {
  account: '111122223333',
  domain: 'shop.throughline.example',
  hostedZoneId: 'Z00000000000EXAMPLE',
  alertEmail: 'alerts@throughline.example',
};

/** The runbook in the repository. Alarms link it unless the stage names the address where it is published. */
export const RUNBOOK_FILE = 'docs/runbook.md';
/** CloudWatch accepts descriptions of at most 1024 characters. The rest is for the text and the anchor. */
const RUNBOOK_URL_MAX_LENGTH = 500;

/** The name of the copy that `-c ephemeral=true` makes. */
const UNNAMED_COPY = 'tmp';

/** A setting that is on or off. It may be a string, since the command line passes only strings. */
const flag = (byDefault: boolean) =>
  z
    .union([z.boolean(), z.enum(['true', 'false']).transform((value) => value === 'true')], 'must be true or false')
    .default(byDefault);

/** Regions that are expected to have CloudFront VPC origins, Arm functions and Aurora PostgreSQL 18. */
const REGIONS = [
  'eu-central-1',
  'eu-west-1',
  'eu-west-2',
  'eu-north-1',
  'us-east-1',
  'us-east-2',
  'us-west-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-northeast-1',
] as const;
export type Region = (typeof REGIONS)[number];

/** The second number of a region's IPv4 addresses, 10.x.0.0/16. Two regions can then be connected later. */
export const addressBlockOf = (region: Region): number => 40 + REGIONS.indexOf(region);

/** Settings of the app, from `-c name=value`. Those in `VARIABLES` can also come from the environment. */
const contextSchema = z.object({
  stage: z.enum(['local', 'dev', 'prod']).default('local'),
  region: z.enum(REGIONS).default('eu-central-1'),
  account: z
    .string()
    .regex(/^\d{12}$/, 'must be 12 digits')
    .default(PLACEHOLDER.account),
  domain: z
    .string()
    .regex(/^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/, 'must be a domain name such as shop.example.com')
    .default(PLACEHOLDER.domain),
  hostedZoneId: z
    .string()
    .regex(/^Z[A-Z0-9]{5,31}$/, 'must be the id of a hosted zone, such as Z0123456789ABCDEFGHIJ')
    .default(PLACEHOLDER.hostedZoneId),
  alertEmail: z.email('must be an e-mail address').default(PLACEHOLDER.alertEmail),
  runbookUrl: z
    .string()
    .max(RUNBOOK_URL_MAX_LENGTH)
    .regex(
      /^(https:\/\/[^\s#]+|docs\/runbook\.md)$/,
      `must be a URL that starts with https:// and has no #, or ${RUNBOOK_FILE}`,
    )
    .default(RUNBOOK_FILE),
  monthlyBudgetUsd: z.coerce.number().min(1).max(1_000_000).optional(),
  routing: z.enum(['failover', 'latency', 'geolocation']).default('failover'),
  gameDays: flag(false),
  protect: flag(true),
  canary: flag(true),
  hstsPreload: flag(false),
  ioOptimized: flag(false),
  ephemeral: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,7}$/, 'must be true, or the name of the copy: up to 8 lower-case letters and digits')
    .transform((name) => (name === 'true' ? UNNAMED_COPY : name))
    .refine((name) => name !== 'false', 'must be true, or a name. Leave it out for the stage itself')
    .optional(),
  endpoints: z.enum(['interface', 'ipv6'], 'must be interface or ipv6').optional(),
  edgePort: port(8080),
  writerPort: port(54320),
  readerPort: port(54321),
  cachePort: port(63790),
});
export type StageContext = z.output<typeof contextSchema>;

/** A TCP port. It may be a string, since the command line passes only strings. */
function port(defaultPort: number) {
  return z.coerce.number().int().min(1).max(65_535).default(defaultPort);
}

const text = z.string().min(1).optional();
/** Environment variables that supply a value when the context does not. The CDK CLI sets the first one. */
const VARIABLES = {
  account: 'CDK_DEFAULT_ACCOUNT',
  region: 'THROUGHLINE_REGION',
  domain: 'THROUGHLINE_DOMAIN',
  hostedZoneId: 'THROUGHLINE_HOSTED_ZONE_ID',
  alertEmail: 'THROUGHLINE_ALERT_EMAIL',
  runbookUrl: 'THROUGHLINE_RUNBOOK_URL',
  monthlyBudgetUsd: 'THROUGHLINE_MONTHLY_BUDGET_USD',
} as const;

/** @throws StageError that names each invalid setting */
export function stageContext(context: Record<string, unknown>): StageContext {
  const env = readEnv(Object.fromEntries(Object.values(VARIABLES).map((name) => [name, text])));
  const fromEnv = Object.entries(VARIABLES).flatMap(([setting, variable]) =>
    env[variable] === undefined ? [] : [[setting, env[variable]]],
  );
  const given: Record<string, unknown> = { ...Object.fromEntries(fromEnv), ...context };
  const parsed = contextSchema.safeParse(given);
  if (!parsed.success) throw new StageError(parsed.error, given);
  return parsed.data;
}

/** The settings that still have placeholder values. Such a stage can be synthesized but not deployed. */
export function placeholdersIn(values: { account: string; domain: string; hostedZoneId: string; alertEmail: string }) {
  return Object.entries(PLACEHOLDER)
    .filter(([name, value]) => values[name as keyof typeof values] === value)
    .map(([name]) => name);
}

/** Invalid settings. The message has each setting, the given value and the allowed values in one line. */
export class StageError extends Error {
  constructor(error: z.ZodError, given: Record<string, unknown>) {
    const messages = error.issues.map((issue) => {
      const name = String(issue.path[0]);
      return `-c ${name}=${String(given[name])}: ${issue.message}`;
    });
    super(`Stage: ${messages.join('; ')}`);
    this.name = 'StageError';
  }
}
