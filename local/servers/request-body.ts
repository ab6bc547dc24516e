import type http from 'node:http';

/** Reads a body of less than `maxBytes`. @returns undefined when it is longer, whether or not it declares its length */
export async function readBody(request: http.IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) >= maxBytes) return undefined;
  const parts: Buffer[] = [];
  let bytes = 0;
  // The response is still to be sent, so a body that is too long does not end the connection.
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    bytes += part.length;
    if (bytes >= maxBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
