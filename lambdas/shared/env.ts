import * as z from 'zod';

/**
 * Reads the settings a function was deployed with. The only reader of `process.env` in the house.
 *
 * @param shape one zod schema a variable, keyed by the variable's name
 * @returns the parsed settings, typed
 * @throws Error that names every missing or malformed variable and never prints a value (it may be a secret)
 */
export function readEnv<S extends z.ZodRawShape>(
  shape: S,
  source: Record<string, string | undefined> = process.env,
): z.output<z.ZodObject<S>> {
  const parsed = z.object(shape).safeParse(source);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const name = String(issue.path[0]);
    return source[name] === undefined ? `${name} is missing` : `${name} is malformed (${issue.message})`;
  });
  throw new Error(`Environment: ${faults.join('; ')}.`);
}

/** A whole number in an environment variable, within bounds. */
export const wholeNumber = (least: number, most: number) => z.coerce.number().int().min(least).max(most);

/** The origin that people see, e.g. `https://shop.example.com`: issuer of tokens, base of links in mails. */
export const publicOrigin = (): string => readEnv({ PUBLIC_ORIGIN: z.url() }).PUBLIC_ORIGIN;

/** The trace of the running invocation, which Lambda sets anew each time; it lets the worker's part join the request's. */
export const traceHeader = (): string | undefined =>
  readEnv({ _X_AMZN_TRACE_ID: z.string().optional() })._X_AMZN_TRACE_ID;
