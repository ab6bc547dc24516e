import { createHmac, timingSafeEqual } from 'node:crypto';

/** A signature that is older or newer than this is rejected, which limits replay attacks. */
export const TOLERANCE_SECONDS = 300;

/** `t=<unix seconds>,v1=<hex HMAC-SHA256 of "t.body">` */
export function signWebhook(rawBody: string, secret: string, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  return `t=${seconds},v1=${macOf(rawBody, seconds, secret).toString('hex')}`;
}

/** Compares in constant time. */
export function isSignedWebhook(rawBody: string, signature: string | undefined, secret: string, now: Date): boolean {
  const [, time, mac] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(signature ?? '') ?? [];
  if (!time || !mac) return false;
  const age = Math.abs(now.getTime() / 1000 - Number(time));
  return age <= TOLERANCE_SECONDS && timingSafeEqual(Buffer.from(mac, 'hex'), macOf(rawBody, Number(time), secret));
}

const macOf = (rawBody: string, seconds: number, secret: string): Buffer =>
  createHmac('sha256', secret).update(`${seconds}.${rawBody}`).digest();
