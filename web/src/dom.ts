/** Text and elements only: nothing from a server is ever read as markup. */
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

/** A labelled input, as a screen reader wants it. */
export function field(label: string, attributes: Record<string, string | boolean>): HTMLElement {
  return element('label', {}, label, element('input', { required: true, ...attributes }));
}

/** Shows a page under its title, which a screen reader then reads. */
export function show(title: string, ...children: Child[]): void {
  document.title = `${title} · Throughline`;
  const main = document.querySelector('main') as HTMLElement;
  main.replaceChildren(element('h1', {}, title), ...children);
  main.focus({ preventScroll: true });
}

/** Says something to people, also to those who do not see it. */
export function say(text: string): void {
  (document.querySelector('#status') as HTMLElement).textContent = text;
}

let next = '';

/** Says something once the next page is shown: what was said of the page before goes with it. */
export function sayNext(text: string): void {
  next = text;
}

/** A page is about to be shown. */
export function turnPage(): void {
  say(next);
  next = '';
}

export const formValues = (form: HTMLFormElement) => Object.fromEntries(new FormData(form)) as Record<string, string>;
