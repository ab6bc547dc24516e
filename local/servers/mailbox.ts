import { once } from 'node:events';
import http from 'node:http';
import type https from 'node:https';
import { readOwnJson, writeFileAtomically } from '../instance.ts';
import { getJson } from './emulator.ts';

export interface MailboxMessage {
  id: string;
  from: string;
  to: string[];
  subject: string;
  text: string;
  html: string;
  receivedAt: string;
}

export interface MailboxOptions {
  port: number;
  /** The file in which mails are kept, because the emulator loses them when it stops. */
  file: string;
  /** The URLs at which emulators list the mails that they accepted. The first one that responds is used. */
  sources: string[];
  agent: https.Agent;
}

const MAX_KEPT = 5_000;
const COLLECT_EVERY_MS = 2_000;

/** Shows the mails that SES accepted, as a page for people and as JSON for programs. */
export class Mailbox {
  readonly #options: MailboxOptions;
  readonly #messages = new Map<string, MailboxMessage>();
  readonly #server: http.Server;
  readonly #timer: NodeJS.Timeout;
  /** Rejects when the port cannot be opened. */
  readonly listening: Promise<unknown>;

  constructor(options: MailboxOptions) {
    this.#options = options;
    for (const each of readOwnJson<MailboxMessage[]>(options.file) ?? []) this.#messages.set(each.id, each);
    this.#server = http
      .createServer((request, response) => {
        this.#respond(request, response).catch(() => send(response, 400, 'text/plain', 'Bad request'));
      })
      .listen(options.port, '127.0.0.1');
    this.listening = once(this.#server, 'listening');
    this.#timer = setInterval(() => void this.#collect(), COLLECT_EVERY_MS);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#collect();
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #collect(): Promise<void> {
    const before = this.#messages.size;
    for (const message of await this.#fetchMessages()) {
      this.#messages.set(message.id, message);
    }
    for (const id of [...this.#messages.keys()].slice(0, Math.max(0, this.#messages.size - MAX_KEPT)))
      this.#messages.delete(id);
    if (this.#messages.size !== before)
      writeFileAtomically(this.#options.file, JSON.stringify([...this.#messages.values()]));
  }

  async #fetchMessages(): Promise<MailboxMessage[]> {
    for (const source of this.#options.sources) {
      const answer = await getJson(source, this.#options.agent).catch(() => undefined);
      if (answer) return readMessages(answer);
    }
    return [];
  }

  async #respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    // DNS rebinding: a page of another site, whose name resolves to this machine, must not read the mails.
    const { hostname } = new URL(`http://${request.headers.host}`);
    if (hostname !== '127.0.0.1' && hostname !== 'localhost')
      return void send(response, 421, 'text/plain', 'Unknown host');
    const url = new URL(`http://127.0.0.1${request.url}`);
    await this.#collect();
    const to = url.searchParams.get('to')?.toLowerCase();
    const newestFirst = [...this.#messages.values()].sort((a, b) =>
      a.receivedAt < b.receivedAt ? 1 : a.receivedAt > b.receivedAt ? -1 : 0,
    );
    const items = to
      ? newestFirst.filter((message) => message.to.some((address) => address.toLowerCase() === to))
      : newestFirst;
    if (url.pathname === '/api/messages')
      return void send(response, 200, 'application/json', JSON.stringify({ items }));
    if (url.pathname === '/')
      return void send(response, 200, 'text/html; charset=utf-8', page(items.slice(0, 100), to));
    send(response, 404, 'text/plain', 'Not found');
  }
}

function send(response: http.ServerResponse, status: number, type: string, body: string): void {
  const policy = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self' data:; form-action 'self'";
  response
    .writeHead(status, { 'content-type': type, 'content-security-policy': policy, 'x-content-type-options': 'nosniff' })
    .end(body);
}

/** MiniStack lists mails by account. LocalStack and compatible emulators give one list with other field names. */
interface RawMessage {
  MessageId?: string;
  Id?: string;
  Source?: string;
  To?: string[];
  Destination?: { ToAddresses?: string[] };
  Subject?: string;
  BodyText?: string;
  BodyHtml?: string;
  Body?: { text_part?: string | null; html_part?: string | null };
  Timestamp?: string | number;
}

export function readMessages(answer: unknown): MailboxMessage[] {
  const { messages } = answer as { messages?: RawMessage[] | Record<string, RawMessage[]> };
  return Object.values(messages ?? {})
    .flat()
    .map((raw) => ({
      id: raw.MessageId ?? raw.Id ?? '',
      from: raw.Source ?? '',
      to: raw.To ?? raw.Destination?.ToAddresses ?? [],
      subject: raw.Subject ?? '',
      text: raw.BodyText ?? raw.Body?.text_part ?? '',
      html: raw.BodyHtml ?? raw.Body?.html_part ?? '',
      receivedAt: instantOf(raw.Timestamp),
    }));
}

function instantOf(timestamp: string | number | undefined): string {
  const instant = new Date(typeof timestamp === 'number' && timestamp < 1e12 ? timestamp * 1000 : (timestamp ?? 0));
  return Number.isNaN(instant.getTime()) ? new Date(0).toISOString() : instant.toISOString();
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string) => text.replace(/[&<>"]/g, (character) => ENTITIES[character] as string);

/** A mail's HTML is shown in a frame that runs no scripts. Its links open in a new tab. */
const page = (messages: MailboxMessage[], to: string | undefined) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Mailbox</title>
<style>:root{color-scheme:light dark}body{font:16px/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}summary{cursor:pointer;padding:.5rem 0}
pre{white-space:pre-wrap;overflow-wrap:anywhere}iframe{width:100%;height:22rem;border:1px solid #999;background:#fff;color-scheme:light}</style></head>
<body><main><h1>Mailbox</h1>
<form><label>To <input type="email" name="to" value="${escapeHtml(to ?? '')}"></label> <button>Show</button></form>
<p>${messages.length} mails, newest first.</p>
${messages
  .map(
    (
      message,
    ) => `<details><summary><strong>${escapeHtml(message.subject)}</strong> to ${escapeHtml(message.to.join(', '))}, <time>${message.receivedAt}</time></summary>
<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="${escapeHtml(message.subject)}" srcdoc="${escapeHtml(`<base target="_blank">${message.html}`)}"></iframe><pre>${escapeHtml(message.text)}</pre></details>`,
  )
  .join('\n')}
</main></body></html>`;
