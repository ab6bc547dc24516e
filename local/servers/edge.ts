import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { VIEWER_ADDRESS_HEADER } from '../../lambdas/shared/contract.ts';
import { uuidv7 } from '../../lambdas/shared/ids.ts';
import { commonProblems, mayRetry, type ProblemKind, problemDocument } from '../../lambdas/shared/problem.ts';
import { MAX_BODY_BYTES } from '../../lambdas/shared/size-limits.ts';
import { SECURITY_HEADERS } from '../../lib/edge/security-headers.ts';
import { sendBody } from './compression.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';
import { readBody } from './request-body.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
/** The same limit as API Gateway's. */
const API_TIMEOUT_MS = 29_000;
/** Only the edge sets these headers. It drops the values that a caller sends. */
const EDGE_HEADERS: string[] = [
  VIEWER_ADDRESS_HEADER,
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'connection',
  'host',
  // The body is sent in one piece, whether or not it came in chunks.
  'transfer-encoding',
];

export interface EdgeOptions {
  port: number;
  webFolder: string;
  accessLog: string;
  agent: https.Agent;
  /** The URL of the deployed API, or '' while there is none. A new deployment can change it. */
  api: () => string;
  /** The concurrency limit of each API function. */
  concurrency: number;
}

/** Replaces DNS, CDN and load balancer on a laptop. It serves the storefront at `/` and the API at `/api`. */
export function createEdge(options: EdgeOptions): http.Server {
  const log = createWriteStream(options.accessLog, { flags: 'a' });
  const limiter = new ConcurrencyLimiter(options.concurrency);
  const server = http.createServer((request, response) => {
    const startedMs = performance.now();
    response.once('close', () => {
      const { method, url = '' } = request;
      const line = {
        time: new Date().toISOString(),
        method,
        path: url.split('?')[0],
        status: response.statusCode,
        durationMs: Math.round(performance.now() - startedMs),
        requestId: response.getHeader('x-request-id'),
      };
      log.write(`${JSON.stringify(line)}\n`);
    });
    const url = request.url ?? '/';
    if (url === '/api' || url.startsWith('/api/'))
      limiter
        .pass(functionOf(url), () => forward(request, response, options))
        .catch(() => sendProblem(response, commonProblems.INTERNAL));
    else serveFile(request, response, options.webFolder);
  });
  return server.listen(options.port, '127.0.0.1');
}

/** The first segment of a path below `/api` names the function. */
const functionOf = (url: string) => url.split(/[/?]/)[2] ?? '';

async function forward(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  options: EdgeOptions,
): Promise<void> {
  // A client may disconnect while its request waits. Such a request is not forwarded.
  if (response.destroyed) return;
  const closed = new Promise((resolve) => response.once('close', resolve));
  const api = options.api();
  const target = api === '' ? undefined : targetOf(request.url as string, api);
  if (api === '') sendProblem(response, commonProblems.DEPENDENCY_UNAVAILABLE);
  else if (!target) sendProblem(response, commonProblems.NOT_FOUND);
  // The same limits as in AWS WAF.
  else if (request.headers['content-encoding']) sendProblem(response, commonProblems.UNSUPPORTED_MEDIA_TYPE);
  else {
    const body = await readBody(request, MAX_BODY_BYTES);
    if (body) callApi(target, body, request, response, options.agent);
    else sendProblem(response, commonProblems.PAYLOAD_TOO_LARGE);
  }
  await closed;
}

/** @returns undefined for a path with `..` that leaves the API. It could reach other parts of the emulator. */
function targetOf(url: string, api: string): URL | undefined {
  const base = new URL(api);
  const target = new URL(base.href + url.slice('/api'.length));
  return target.host === base.host && `${target.pathname}/`.startsWith(`${base.pathname}/`) ? target : undefined;
}

function callApi(
  target: URL,
  body: Buffer,
  request: http.IncomingMessage,
  response: http.ServerResponse,
  agent: https.Agent,
): void {
  const client = target.protocol === 'https:' ? https : http;
  const upstream = client.request(target, {
    method: request.method,
    headers: forwardedHeaders(request),
    agent: target.protocol === 'https:' ? agent : undefined,
    timeout: API_TIMEOUT_MS,
  });
  upstream.once('timeout', () => upstream.destroy(new Error('no answer')));
  upstream.once('error', () => sendProblem(response, commonProblems.DEPENDENCY_UNAVAILABLE));
  upstream.once('response', (answer) => forwardResponse(answer, request, response));
  upstream.end(body);
}

function forwardedHeaders(request: http.IncomingMessage): http.OutgoingHttpHeaders {
  const kept = Object.entries(request.headers).filter(([name]) => !EDGE_HEADERS.includes(name));
  return {
    ...Object.fromEntries(kept),
    [VIEWER_ADDRESS_HEADER]: request.socket.remoteAddress ?? '127.0.0.1',
  };
}

/**
 * Forwards a response. A function that crashed or was throttled gives a 4xx or 5xx without a problem document. On AWS,
 * the gateway responses add the document. The emulator's gateway responses do not, so the edge adds it.
 */
function forwardResponse(
  answer: http.IncomingMessage,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): void {
  const status = answer.statusCode ?? 502;
  // The emulator sends its own content type in addition to the one of a gateway response. The last one is right.
  const type = answer.headersDistinct['content-type']?.at(-1) ?? '';
  const isProblem = type.startsWith('application/problem+json') || answer.headers['x-request-id'] !== undefined;
  if (status >= 400 && !isProblem) {
    answer.resume();
    sendProblem(response, kindOf(status));
    return;
  }
  const { connection, 'keep-alive': keepAlive, server, date, ...headers } = answer.headers;
  response.setHeaders(
    new Map(Object.entries({ ...headers, ...(type && { 'content-type': type }) }) as [string, string][]),
  );
  response.statusCode = status;
  const isEmpty = status === 204 || status === 304;
  // The emulator adds a type and a length, also to a response without content.
  if (isEmpty || request.method === 'HEAD') response.removeHeader('content-length');
  if (isEmpty) response.removeHeader('content-type');
  sendBody(request, response, answer);
}

function kindOf(status: number): ProblemKind {
  if (status === 429) return commonProblems.TOO_MANY_REQUESTS;
  if (status === 401) return commonProblems.UNAUTHENTICATED;
  if (status === 413) return commonProblems.PAYLOAD_TOO_LARGE;
  if (status < 500) return commonProblems.NOT_FOUND;
  return status === 500 ? commonProblems.INTERNAL : commonProblems.DEPENDENCY_UNAVAILABLE;
}

function sendProblem(response: http.ServerResponse, kind: ProblemKind): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const requestId = uuidv7(new Date());
  const retry = mayRetry(kind.status) ? { 'retry-after': '1' } : {};
  const headers = {
    'content-type': 'application/problem+json',
    'cache-control': 'no-store',
    'x-request-id': requestId,
  };
  response.setHeaders(new Map(Object.entries({ ...headers, ...retry })));
  response.writeHead(kind.status);
  response.end(JSON.stringify(problemDocument(kind, {}, requestId)));
}

function serveFile(request: http.IncomingMessage, response: http.ServerResponse, folder: string): void {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
  const requestedPath = path.normalize(decodePath(request.url ?? '/'));
  const file = path.join(folder, requestedPath === '/' ? 'index.html' : requestedPath);
  const exists = file.startsWith(folder) && existsSync(file) && statSync(file).isFile();
  // A path without an extension is an unknown page. It gets the storefront's page with 404, as on CloudFront.
  const found = exists ? file : path.extname(requestedPath) === '' ? path.join(folder, 'index.html') : undefined;
  if (!found || !existsSync(found)) return void response.writeHead(404, SECURITY_HEADERS).end('Not found');
  const hashed = /-[A-Z0-9]{8}\./.test(found);
  response.statusCode = exists ? 200 : 404;
  const headers = {
    ...SECURITY_HEADERS,
    'content-type': TYPES[path.extname(found)] ?? 'application/octet-stream',
    'content-length': String(statSync(found).size),
    'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    vary: 'accept-encoding',
  };
  response.setHeaders(new Map(Object.entries(headers)));
  if (request.method === 'HEAD') response.end();
  else sendBody(request, response, createReadStream(found));
}

function decodePath(url: string): string {
  try {
    return decodeURIComponent(url.split('?')[0] as string).replaceAll('\0', '');
  } catch {
    return '/';
  }
}
