import { setTimeout as delay } from 'node:timers/promises';
import { CloudWatchLogsClient, type FilteredLogEvent, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { declaredFunctions } from '../../lambdas/registry.ts';
import { runCommand } from '../cli.ts';
import { CommandError, defaultInstance, inside, readOwnJson } from '../instance.ts';
import { type Endpoints, isReady } from '../platform.ts';
import { awsEndpoint, sdkSettings } from '../servers/emulator.ts';

const POLL_EVERY_MS = 500;
/** The first query returns the events of this period. */
const SINCE_MS = 10 * 60_000;

interface Stream {
  name: string;
  logGroupName: string;
  sinceMs: number;
  /** Printed events of the latest millisecond. More events of the same millisecond may follow. */
  seen: Set<string>;
}

/** The functions whose logs are printed. @throws CommandError for a function that the local stage does not have */
export function wantedFunctions(names: readonly string[]): string[] {
  const known = declaredFunctions('local').map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown)
    throw new CommandError(
      `There is no function ${unknown}; functions are ${known.join(', ')}: npm run logs -- <function>`,
    );
  return names.length > 0 ? [...names] : known;
}

/**
 * Formats one event. Lambda's START, END and REPORT lines are left out, because they repeat what our own lines say.
 * Lambda's lines about a function that crashed or timed out are kept.
 * @returns undefined for a line that is left out
 */
export function formatLine(name: string, { timestamp = 0, message = '' }: FilteredLogEvent): string | undefined {
  const text = message.trimEnd();
  if (text === '' || /^(START|END|REPORT) RequestId/.test(text)) return undefined;
  return `${new Date(timestamp).toISOString()} ${name.padEnd(20)} ${text}`;
}

async function openStreams(names: string[], lambda: LambdaClient): Promise<Stream[]> {
  const opened = names.map(async (name) => {
    const { LoggingConfig } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName: `throughline-local-${name}` }),
    );
    const logGroupName = LoggingConfig?.LogGroup ?? `/aws/lambda/throughline-local-${name}`;
    return { name, logGroupName, sinceMs: Date.now() - SINCE_MS, seen: new Set<string>() };
  });
  return Promise.all(opened);
}

interface Line {
  timestamp: number;
  text: string | undefined;
}

/** What is new in a log group. */
async function fetchNew(client: CloudWatchLogsClient, stream: Stream): Promise<Line[]> {
  const { logGroupName, sinceMs: startTime } = stream;
  const events: FilteredLogEvent[] = [];
  for await (const page of paginateFilterLogEvents({ client }, { logGroupName, startTime }))
    events.push(...(page.events ?? []));
  const keyOf = (event: FilteredLogEvent) => `${event.logStreamName} ${event.eventId ?? event.message}`;
  const fresh = events.filter((event) => !stream.seen.has(keyOf(event)));
  const latestMs = Math.max(stream.sinceMs, ...fresh.map(({ timestamp = 0 }) => timestamp));
  if (latestMs > stream.sinceMs) stream.seen.clear();
  stream.sinceMs = latestMs;
  for (const event of fresh) if (event.timestamp === latestMs) stream.seen.add(keyOf(event));
  return fresh.map((event) => ({ timestamp: event.timestamp ?? 0, text: formatLine(stream.name, event) }));
}

/** Prints what is new in all log groups, oldest first. */
async function printNew(client: CloudWatchLogsClient, streams: Stream[]): Promise<void> {
  const lines = (await Promise.all(streams.map((stream) => fetchNew(client, stream)))).flat();
  for (const { text } of lines.sort((a, b) => a.timestamp - b.timestamp)) if (text) console.log(text);
}

async function streamLogs(args: string[]): Promise<void> {
  const once = args.includes('--once');
  const names = wantedFunctions(args.filter((arg) => arg !== '--once'));
  const instance = defaultInstance();
  if (!isReady(instance)) throw new CommandError('The platform is not running. Start it with: npm start');
  // Where the platform runs, not where this shell's ports would have it.
  const { aws } = readOwnJson<Endpoints>(inside(instance, 'endpoints.json')) as Endpoints;
  const settings = await sdkSettings({ ...awsEndpoint(instance), url: aws });
  const client = new CloudWatchLogsClient(settings);
  const streams = await openStreams(names, new LambdaClient(settings));
  for (;;) {
    await printNew(client, streams).catch((error: Error) => {
      throw new CommandError(`The emulator does not respond (${error.message}). Start the platform with: npm start`);
    });
    if (once) return;
    await delay(POLL_EVERY_MS);
  }
}

if (import.meta.main) await runCommand(() => streamLogs(process.argv.slice(2)));
