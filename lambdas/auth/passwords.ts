import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** argon2id with OWASP's second setting: 19 MiB, two passes, one lane. It takes about 35 ms on one laptop core. */
const MEMORY_KIB = 19_456;
const PASSES = 2;
const TAG_BYTES = 32;
const SALT_BYTES = 16;

const derive = promisify(argon2);
const PHC = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=1\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** @returns the hash in PHC string format, which includes salt and cost, so that the cost can be raised later */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const tag = await run(password, salt, MEMORY_KIB, PASSES);
  return `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Takes as long for a wrong password as for a right one. @throws Error for a hash that this module did not write */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const [, memory, passes, salt, tag] = PHC.exec(hash) ?? [];
  if (!memory || !passes || !salt || !tag) throw new Error('A stored password hash is malformed.');
  const expected = Buffer.from(tag, 'base64');
  const actual = await run(password, Buffer.from(salt, 'base64'), Number(memory), Number(passes));
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** Verified when no account exists, so that an unknown address takes as long as a known one. */
export const DUMMY_HASH = `$argon2id$v=19$m=${MEMORY_KIB},t=${PASSES},p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;

function run(password: string, nonce: Buffer, memory: number, passes: number): Promise<Buffer> {
  const message = Buffer.from(password.normalize('NFKC'));
  return derive('argon2id', {
    message,
    nonce,
    memory,
    passes,
    parallelism: 1,
    tagLength: TAG_BYTES,
  }) as Promise<Buffer>;
}

const unpadded = (bytes: Buffer) => bytes.toString('base64').replace(/=+$/, '');
