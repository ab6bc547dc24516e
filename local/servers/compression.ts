import type http from 'node:http';
import { createGzip } from 'node:zlib';
import { MIN_COMPRESSED_BYTES } from '../../lambdas/shared/size-limits.ts';

const COMPRESSIBLE = /^(?:text\/|application\/(?:[\w.-]+\+)?json|image\/svg\+xml)/;

/** Whether `Accept-Encoding` names gzip, or any coding, with a weight above 0 (RFC 9110, 12.5.3). */
export function acceptsGzip(acceptEncoding: string | undefined): boolean {
  const weights = new Map(
    (acceptEncoding ?? '').split(',').map((each) => {
      const [coding = '', weight] = each.toLowerCase().split(/;\s*q=/);
      return [coding.trim(), weight === undefined ? 1 : Number(weight)];
    }),
  );
  return (weights.get('gzip') ?? weights.get('*') ?? 0) > 0;
}

/**
 * Sends a body, compressed if that is worth it and the caller accepts it, as API Gateway and CloudFront do. The response
 * has its headers already, and its status.
 */
export function sendBody(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  body: NodeJS.ReadableStream,
): void {
  if (!isWorthIt(response) || !acceptsGzip(request.headers['accept-encoding'])) {
    body.pipe(response);
    return;
  }
  response.removeHeader('content-length');
  response.setHeader('content-encoding', 'gzip');
  const etag = response.getHeader('etag');
  // The compressed bytes are others than those that a strong tag stands for.
  if (typeof etag === 'string' && etag.startsWith('"')) response.setHeader('etag', `W/${etag}`);
  body.pipe(createGzip()).pipe(response);
}

function isWorthIt(response: http.ServerResponse): boolean {
  const header = (name: string) => String(response.getHeader(name) ?? '');
  const isCompressible = COMPRESSIBLE.test(header('content-type')) && header('content-encoding') === '';
  return isCompressible && Number(header('content-length')) >= MIN_COMPRESSED_BYTES;
}
