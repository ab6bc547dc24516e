import { afterAll, expect, test } from '@jest/globals';
import type { Database } from '../../lambdas/database/database.client.ts';
import { sendEventMail } from '../../lambdas/workers/email/send-event-mail.ts';
import { declinedEvent } from '../support/factories.ts';
import { lasting } from '../support/lasting.ts';
import { databaseAs, endpoints, rows } from '../support/platform.ts';
import { Tunnel } from '../support/tunnel.ts';

const MAILS = 200;
const WORKERS = 20;

const portOf = (url: string) => Number(new URL(url).port);
/** A worker with its connection to the database. */
interface Worker {
  name: Tunnel;
  database: Database;
}
const workers: Worker[] = await Promise.all(
  Array.from({ length: WORKERS }, async () => {
    const name = await Tunnel.to(portOf(endpoints.writer));
    return { name, database: databaseAs('email', { writer: name.address }) };
  }),
);
afterAll(async () => {
  for (const { name, database } of workers) {
    await database.close();
    name.close();
  }
});

/** Interrupts the database of one worker for a moment. */
const INTERRUPTIONS: ((name: Tunnel, index: number) => Promise<void>)[] = [
  async (name) => name.drop(),
  async (name, index) => {
    // The statement that records the mail arrives, and its result may not.
    await lasting(index % 10);
    name.drop();
  },
  async (name, index) => {
    name.leadTo(1);
    name.drop();
    await lasting(200 + 20 * index);
    name.leadTo(portOf(endpoints.writer));
  },
  async (name) => {
    // A server that takes no writes, as around a failover.
    name.leadTo(portOf(endpoints.reader));
    name.drop();
    await lasting(300);
    name.leadTo(portOf(endpoints.writer));
  },
  async (name) => {
    name.hang();
    await lasting(500);
    name.resume();
  },
];

test(`no mail is sent twice in ${MAILS} interruptions of the database around the carrier's answer`, async () => {
  const sent = new Map<string, number>();
  const failures = { count: 0 };
  await Promise.all(
    workers.map(async (worker, lane) => {
      for (let index = lane; index < MAILS; index += WORKERS) await deliver(worker, index, sent, failures);
    }),
  );
  expect([...sent.values()].filter((times) => times !== 1)).toEqual([]);
  expect(sent.size).toBe(MAILS);
  process.stderr.write(`${MAILS} mails sent once each; ${failures.count} deliveries failed and were repeated\n`);
});

/** Delivers the event of one mail as SQS does: again after a failure, and once more after a success. */
async function deliver(
  { name, database }: Worker,
  index: number,
  sent: Map<string, number>,
  failures: { count: number },
) {
  const event = await declinedEvent();
  const interrupt = INTERRUPTIONS[index % INTERRUPTIONS.length] as (typeof INTERRUPTIONS)[number];
  let interruption: Promise<void> | undefined;
  // Half of the interruptions begin before the carrier has answered, the others with its answer.
  const begin = () => {
    interruption ??= interrupt(name, index / WORKERS);
  };
  const send = async () => {
    if (index % 2 === 0) begin();
    sent.set(event.id, (sent.get(event.id) ?? 0) + 1);
    begin();
    return `message-${event.id}`;
  };
  const attempt = () => sendEventMail({ database, send, shopUrl: 'http://shop.example' }, event);
  while (!(await succeeds(attempt, failures))) await endLease(event.id);
  await interruption;
  while (!(await succeeds(attempt, failures)));
}

async function succeeds(work: () => Promise<void>, failures: { count: number }): Promise<boolean> {
  try {
    await work();
    return true;
  } catch {
    failures.count++;
    return false;
  }
}

const endLease = (eventId: string) =>
  rows(`UPDATE email.deliveries SET claimed_until = now() WHERE event_id = $1 AND status = 'sending'`, [eventId]);
