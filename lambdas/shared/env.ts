import * as z from 'zod';

/**
 * Reads the settings of a function. Only this file reads `process.env`.
 *
 * @param shape one zod schema per variable, keyed by the variable's name
 * @returns the parsed settings, typed
 * @throws Error that names every missing or malformed variable. It contains no value, which may be a secret.
 */
export function readEnv<S extends z.ZodRawShape>(
  shape: S,
  source: Record<string, string | undefined> = process.env,
): z.output<z.ZodObject<S>> {
  const parsed = z.object(shape).safeParse(source);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return source[name] === undefined ? `${name} is missing` : `${name} is malformed (${issue.message})`;
  });
  throw new Error(`Environment: ${errors.join('; ')}.`);
}

/** An integer in an environment variable, from `min` to `max`. */
export const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

/** JSON in an environment variable, checked against a schema. */
export const jsonVariable = <S extends z.ZodType>(schema: S) =>
  z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text) as unknown;
      } catch {
        context.addIssue('is not JSON');
        return z.NEVER;
      }
    })
    .pipe(schema);

/** The public origin, e.g. `https://shop.example.com`. It is the issuer of tokens and the base of links in mails. */
export const publicOrigin = (): string => readEnv({ PUBLIC_ORIGIN: z.url() }).PUBLIC_ORIGIN;

/** The X-Ray trace header, which Lambda sets on each invocation. It links a worker's trace to the request's trace. */
export const traceHeader = (): string | undefined =>
  readEnv({ _X_AMZN_TRACE_ID: z.string().optional() })._X_AMZN_TRACE_ID;
