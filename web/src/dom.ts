/** Text and elements only, so that data from a server is never parsed as HTML. */
type Child = Node | string;

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Record<string, string | boolean | ((event: Event) => void)> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, '');
    else if (value !== false) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** An input inside its label, which screen readers need. */
export function field(label: string, attributes: Record<string, string | boolean>): HTMLElement {
  return element('label', {}, label, element('input', { required: true, ...attributes }));
}

/** Shows a page and focuses it, so that a screen reader reads its title. */
export function show(title: string, ...children: Child[]): void {
  document.title = `${title} · Throughline`;
  const main = document.querySelector('main') as HTMLElement;
  main.replaceChildren(element('h1', {}, title), ...children);
  main.focus({ preventScroll: true });
}

/** Shows a status message. Screen readers announce it. */
export function say(text: string): void {
  (document.querySelector('#status') as HTMLElement).textContent = text;
}

let nextMessage = '';

/** Shows a message on the next page, since a page change clears the current message. */
export function sayNext(text: string): void {
  nextMessage = text;
}

/** Call before a page is shown. Replaces the old message with the one from `sayNext`. */
export function turnPage(): void {
  say(nextMessage);
  nextMessage = '';
}

export const formValues = (form: HTMLFormElement) => Object.fromEntries(new FormData(form)) as Record<string, string>;
