import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import path from 'node:path';
import { VIEWER_ADDRESS_HEADER } from '../../lambdas/shared/contract.ts';
import { uuidv7 } from '../../lambdas/shared/ids.ts';
import { commonProblems, type ProblemKind, problemDocument } from '../../lambdas/shared/problem.ts';
import { SECURITY_HEADERS } from '../../lib/edge/security-headers.ts';
import { MAX_BODY_BYTES } from '../../lib/edge/size-limits.ts';
import { ConcurrencyLimiter } from './concurrency-limiter.ts';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};
/** As API Gateway's. */
const API_TIMEOUT_MS = 29_000;
/** Set by the edge alone: what a caller sends under these names is dropped. */
const EDGE_HEADERS: string[] = [
  VIEWER_ADDRESS_HEADER,
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'connection',
  'host',
];

export interface EdgeOptions {
  port: number;
  webFolder: string;
  accessLog: string;
  agent: https.Agent;
  /** The deployed API's address; read at each request, since a fresh deployment may move it. */
  api: () => string;
  /** How many requests each API function takes at once. */
  concurrency: number;
}

/** DNS, CDN and load balancer of the laptop: the storefront at `/`, the API at `/api`. */
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
        .catch(() => refuse(response, commonProblems.INTERNAL));
    else serveFile(request, response, options.webFolder);
  });
  return server.listen(options.port, '127.0.0.1');
}

/** The first step of a path names the function behind it. */
const functionOf = (url: string) => url.split(/[/?]/)[2] ?? '';

function forward(request: http.IncomingMessage, response: http.ServerResponse, options: EdgeOptions): Promise<void> {
  return new Promise((resolve) => {
    // Whoever went away while waiting for a turn is not let in.
    if (response.destroyed) return resolve();
    response.once('close', resolve);
    if (Number(request.headers['content-length'] ?? 0) >= MAX_BODY_BYTES)
      return refuse(response, commonProblems.PAYLOAD_TOO_LARGE);
    const base = new URL(options.api());
    const target = new URL(base.href + (request.url as string).slice('/api'.length));
    // Dots in a path must not climb out of the API into the rest of the emulator.
    if (target.host !== base.host || !`${target.pathname}/`.startsWith(`${base.pathname}/`))
      return refuse(response, commonProblems.NOT_FOUND);
    const client = target.protocol === 'https:' ? https : http;
    const upstream = client.request(target, {
      method: request.method,
      headers: forwardedHeaders(request),
      agent: target.protocol === 'https:' ? options.agent : undefined,
      timeout: API_TIMEOUT_MS,
    });
    upstream.once('timeout', () => upstream.destroy(new Error('no answer')));
    upstream.once('error', () => refuse(response, commonProblems.DEPENDENCY_UNAVAILABLE));
    upstream.once('response', (answer) => passOn(answer, response));
    request.pipe(upstream);
  });
}

function forwardedHeaders(request: http.IncomingMessage): http.OutgoingHttpHeaders {
  const kept = Object.entries(request.headers).filter(([name]) => !EDGE_HEADERS.includes(name));
  return {
    ...Object.fromEntries(kept),
    [VIEWER_ADDRESS_HEADER]: request.socket.remoteAddress ?? '127.0.0.1',
  };
}

/**
 * Passes an answer on. A function that died or was throttled leaves a bare 4xx or 5xx that the emulator's gateway
 * responses do not shape (on AWS they do): here it gets the shape that every error has.
 */
function passOn(answer: http.IncomingMessage, response: http.ServerResponse): void {
  const status = answer.statusCode ?? 502;
  // The emulator keeps its own content type beside a gateway response's; the last one is meant.
  const type = answer.headersDistinct['content-type']?.at(-1) ?? '';
  const shaped = type.startsWith('application/problem+json');
  if (status >= 400 && !shaped) {
    answer.resume();
    refuse(response, kindOf(status));
    return;
  }
  const { connection, 'keep-alive': keepAlive, server, date, ...headers } = answer.headers;
  response.setHeaders(
    new Map(Object.entries({ ...headers, ...(type && { 'content-type': type }) }) as [string, string][]),
  );
  response.writeHead(status);
  answer.pipe(response);
}

function kindOf(status: number): ProblemKind {
  if (status === 429) return commonProblems.TOO_MANY_REQUESTS;
  if (status === 401) return commonProblems.UNAUTHENTICATED;
  if (status === 413) return commonProblems.PAYLOAD_TOO_LARGE;
  if (status < 500) return commonProblems.NOT_FOUND;
  return status === 500 ? commonProblems.INTERNAL : commonProblems.DEPENDENCY_UNAVAILABLE;
}

function refuse(response: http.ServerResponse, kind: ProblemKind): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  const requestId = uuidv7(new Date());
  const retry = kind.status === 429 || kind.status === 503 ? { 'retry-after': '1' } : {};
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
  const wanted = path.normalize(decodePath(request.url ?? '/'));
  const file = path.join(folder, wanted === '/' ? 'index.html' : wanted);
  const exists = file.startsWith(folder) && existsSync(file) && statSync(file).isFile();
  // A path without an extension is an unknown page: it gets the storefront's page with 404, as CloudFront's functions do.
  const found = exists ? file : path.extname(wanted) === '' ? path.join(folder, 'index.html') : undefined;
  if (!found || !existsSync(found)) return void response.writeHead(404, SECURITY_HEADERS).end('Not found');
  const hashed = /-[A-Z0-9]{8}\./.test(found);
  response.writeHead(exists ? 200 : 404, {
    ...SECURITY_HEADERS,
    'content-type': TYPES[path.extname(found)] ?? 'application/octet-stream',
    'cache-control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  });
  if (request.method === 'HEAD') response.end();
  else createReadStream(found).pipe(response);
}

function decodePath(url: string): string {
  try {
    return decodeURIComponent(url.split('?')[0] as string).replaceAll('\0', '');
  } catch {
    return '/';
  }
}
