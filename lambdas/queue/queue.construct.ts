import { Stack } from 'aws-cdk-lib';
import type * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import type { ServiceFunction } from '../../lib/constructs/service-function.ts';
import { WorkQueue } from '../../lib/constructs/work-queue.ts';
import type { Stage } from '../../lib/stage.ts';
import { EVENT_ROUTES, QUEUES } from '../registry.ts';

export interface QueuesProps {
  stage: Stage;
}

/** All declared queues. It grants access to them and sets their URLs in the environment of functions. */
export class Queues extends Construct {
  readonly #queues: ReadonlyMap<string, WorkQueue>;
  readonly #urls = new Map<ServiceFunction, Record<string, string>>();

  constructor(scope: Construct, id: string, { stage }: QueuesProps) {
    super(scope, id);
    this.#queues = new Map(QUEUES.map((name) => [name, new WorkQueue(this, name, { stage, name })]));
  }

  /** Lets a function publish these event types: it may send to the queues that they are routed to, and to no others. */
  grantPublish(fn: ServiceFunction, types: readonly string[]): void {
    const routes = Object.fromEntries(types.map((type) => [type, EVENT_ROUTES[type] ?? []]));
    fn.function.addEnvironment('EVENT_ROUTES', JSON.stringify(routes));
    this.grantSend(fn, [...new Set(Object.values(routes).flat())]);
  }

  grantSend(fn: ServiceFunction, names: readonly string[]): void {
    for (const name of names) this.#named(name).queue.grantSendMessages(fn.function);
    this.#setUrls(fn, names);
  }

  /** Lets a function read a queue's attributes, not its messages. */
  grantProbe(fn: ServiceFunction, name: string): void {
    this.#named(name).queue.grant(fn.function, 'sqs:GetQueueAttributes');
    this.#setUrls(fn, [name]);
  }

  consume(name: string, worker: ServiceFunction): void {
    this.#named(name).consumeWith(worker);
    worker.setEnvironment({ CONSUMED_QUEUE_URL: this.#named(name).queue.queueUrl });
  }

  get all(): WorkQueue[] {
    return [...this.#queues.values()];
  }

  get alarms(): cloudwatch.Alarm[] {
    return this.all.flatMap((each) => each.alarms);
  }

  #named(name: string): WorkQueue {
    const found = this.#queues.get(name);
    if (!found) throw new Error(`There is no queue ${name}; queues are ${[...this.#queues.keys()].join(', ')}.`);
    return found;
  }

  /** A function can have several grants. The variable contains the queues of all of them. */
  #setUrls(fn: ServiceFunction, names: readonly string[]): void {
    const urls = this.#urls.get(fn) ?? {};
    for (const name of names) urls[name] = this.#named(name).queue.queueUrl;
    this.#urls.set(fn, urls);
    fn.function.addEnvironment('QUEUE_URLS', Stack.of(fn).toJsonString(urls));
  }
}
