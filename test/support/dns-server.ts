import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const HEADER_BYTES = 12;
const AAAA = 28;

/** A name server on this machine that has an IPv6 address for the names in `known`, and none for others. */
export async function dnsServer(known: readonly string[]) {
  const socket = createSocket('udp4');
  socket.on('message', (query, { address, port }) => socket.send(responseTo(query, known), port, address));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return { address: `127.0.0.1:${socket.address().port}`, close: () => socket.close() };
}

/** RFC 1035, 4.1: the query's header and question, with one answer for a known name. */
function responseTo(query: Buffer, known: readonly string[]): Buffer {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] as number; length > 0; length = query[at] as number) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  const question = query.subarray(HEADER_BYTES, at + 5);
  const answers = known.includes(labels.join('.').toLowerCase()) ? [answer()] : [];
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8180, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(answers.length, 6);
  return Buffer.concat([header, question, ...answers]);
}

/** One AAAA record of the name in the question, with the address 2001:db8::1. */
function answer(): Buffer {
  const record = Buffer.alloc(28);
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  record.writeUInt16BE(AAAA, 2);
  record.writeUInt16BE(1, 4);
  record.writeUInt32BE(60, 6);
  record.writeUInt16BE(16, 10);
  Buffer.from('20010db8000000000000000000000001', 'hex').copy(record, 12);
  return record;
}
