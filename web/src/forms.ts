import { ApiError } from './api.ts';
import { element, formValues, say, sayNext } from './dom.ts';

/** A try at something that must not happen twice: the same key until the API has answered. */
export interface Attempt {
  idempotencyKey: string;
}

export type Submit = (values: Record<string, string>, attempt: Attempt) => Promise<void>;

/** A form that is sent once at a time. After an answer, also a refusal, the next try is a new one; without one it is the same. */
export function form(onSubmit: Submit, ...children: (Node | string)[]): HTMLElement {
  const made = element('form', {}, ...children);
  let attempt: Attempt = { idempotencyKey: crypto.randomUUID() };
  let running = false;
  made.addEventListener('submit', (event) => {
    event.preventDefault();
    if (running) return;
    running = true;
    const buttons = made.querySelectorAll('button');
    for (const button of buttons) button.disabled = true;
    void tell(() => onSubmit(formValues(made), attempt))
      .then((answered) => {
        if (answered) attempt = { idempotencyKey: crypto.randomUUID() };
      })
      .finally(() => {
        running = false;
        for (const button of buttons) button.disabled = false;
      });
  });
  return made;
}

/** Runs what a person asked for and tells what went wrong. @returns false when the API was not reached, or not for sure */
export async function tell(work: () => Promise<void>): Promise<boolean> {
  say('');
  try {
    await work();
    return true;
  } catch (error) {
    explain(error);
    return error instanceof ApiError && error.status < 500 && error.code !== 'REQUEST_IN_PROGRESS';
  }
}

/** Says what went wrong; where it is the session that ended, on the page where a new one begins. */
export function explain(error: unknown): void {
  const ended = error instanceof ApiError && error.code === 'UNAUTHENTICATED';
  if (!ended) {
    say(wordsOf(error));
    return;
  }
  location.hash = '#/log-in';
  sayNext('Your session has ended. Log in again.');
}

function wordsOf(error: unknown): string {
  if (error instanceof ApiError)
    return [error.message, ...error.fields.map(({ field, message }) => `${field} ${message}`)].join('\n');
  return 'The shop cannot be reached just now. Nothing is done twice if you try again.';
}
