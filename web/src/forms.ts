import { isProblem } from '../../client/src/index.ts';
import { element, formValues, say, sayNext } from './dom.ts';

/** One attempt at an operation that must not happen twice. It keeps its key until the API has responded. */
export interface Attempt {
  idempotencyKey: string;
}

export type Submit = (values: Record<string, string>, attempt: Attempt) => Promise<void>;

/** A form that submits once at a time. A response below 500 ends the attempt; otherwise a retry continues it. */
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

/** Runs an action of the user and shows its error. @returns false when the API may not have handled the request */
export async function tell(work: () => Promise<void>): Promise<boolean> {
  say('');
  try {
    await work();
    return true;
  } catch (error) {
    explain(error);
    return isProblem(error) && error.status < 500 && error.code !== 'REQUEST_IN_PROGRESS';
  }
}

/** Shows an error. If the session has ended, it opens the log-in page. */
export function explain(error: unknown): void {
  const ended = isProblem(error) && error.code === 'UNAUTHENTICATED';
  if (!ended) {
    say(messageOf(error));
    return;
  }
  location.hash = '#/log-in';
  sayNext('Your session has ended. Please log in again.');
}

function messageOf(error: unknown): string {
  if (isProblem(error))
    return [error.message, ...error.fields.map(({ field, message }) => `${field} ${message}`)].join('\n');
  return 'The shop is not available right now. You can safely try again: nothing is ordered or charged twice.';
}
