import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import {
  DeleteRolePolicyCommand,
  GetRolePolicyCommand,
  IAMClient,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, test } from '@jest/globals';
import { sdkSettings } from '../../local/servers/emulator.ts';
import { makeProduct } from '../support/factories.ts';
import { endpoints, eventually, platformFolder, rows } from '../support/platform.ts';
import { Shopper } from '../support/shopper.ts';

const settings = await sdkSettings({
  url: endpoints.aws,
  caFile: path.join(platformFolder, 'tls', 'cert.pem'),
  ours: true,
});
const iam = new IAMClient(settings);
const lambda = new LambdaClient(settings);

/** Runs `work` while the function's role has no inline policies. */
async function withoutGrants(functionName: string, work: () => Promise<void>): Promise<void> {
  const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: functionName }));
  const RoleName = Configuration?.Role?.split('/').at(-1) as string;
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const kept = await Promise.all(
    PolicyNames.map((PolicyName) => iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }))),
  );
  expect(kept.length).toBeGreaterThan(0);
  for (const PolicyName of PolicyNames) await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName }));
  try {
    await work();
  } finally {
    for (const { PolicyName, PolicyDocument } of kept) {
      await iam.send(
        new PutRolePolicyCommand({ RoleName, PolicyName, PolicyDocument: decodeURIComponent(PolicyDocument ?? '') }),
      );
    }
  }
}

describe('a function without its grant', () => {
  test('is denied by IAM: the order is stored, its event stays in the outbox, and the relay publishes it later', async () => {
    const shopper = await Shopper.signUp();
    const productId = await makeProduct(5);
    let orderId = '';
    const published = async () =>
      (
        await rows<{ published_at: Date | null }>('SELECT published_at FROM queue.outbox WHERE aggregate_id = $1', [
          orderId,
        ])
      )[0]?.published_at;
    await withoutGrants('throughline-local-orders', async () => {
      const placed = await shopper.placeOrder([{ productId, quantity: 1 }]);
      expect(placed.status).toBe(201);
      orderId = placed.body.order.id;
      expect(await published()).toBeNull();
    });
    await rows(`UPDATE queue.outbox SET occurred_at = occurred_at - interval '1 minute' WHERE aggregate_id = $1`, [
      orderId,
    ]);
    await eventually(async () => {
      await lambda.send(new InvokeCommand({ FunctionName: 'throughline-local-relay' }));
      return published();
    });
  });
});

/** The platform's processes and all their descendants, including those of the Lambda functions. */
function ownProcesses(): Set<string> {
  const roots = (
    JSON.parse(readFileSync(path.join(platformFolder, 'processes.json'), 'utf8')) as { pid: number }[]
  ).map(({ pid }) => String(pid));
  const pairs = execFileSync('ps', ['-eo', 'pid=,ppid='], { encoding: 'utf8' })
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/) as [string, string]);
  const own = new Set(roots);
  for (let grown = true; grown; ) {
    grown = false;
    for (const [pid, parent] of pairs) if (own.has(parent) && !own.has(pid)) grown = Boolean(own.add(pid));
  }
  return own;
}

function socketsOf(pids: Set<string>): Set<string> {
  const links = [...pids].flatMap((pid) =>
    unlessGone(() => readdirSync(`/proc/${pid}/fd`), []).map((fd) =>
      unlessGone(() => readlinkSync(`/proc/${pid}/fd/${fd}`), ''),
    ),
  );
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** A process may end, and close a file, while it is looked at. */
function unlessGone<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

const onLinux = process.platform === 'linux' ? test : test.failing;

onLinux('all processes of the platform listen on 127.0.0.1 only', () => {
  const inodes = socketsOf(ownProcesses());
  const LISTEN = '0A';
  const listening = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readFileSync(table, 'utf8')
      .trim()
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter((columns) => columns[3] === LISTEN && inodes.has(columns[9] as string))
      .map((columns) => (columns[1] as string).split(':')[0]),
  );
  expect(listening.length).toBeGreaterThanOrEqual(6);
  const LOOPBACK = '0100007F';
  expect(listening.filter((address) => address !== LOOPBACK)).toEqual([]);
});
