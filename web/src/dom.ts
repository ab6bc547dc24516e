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

export function show(...children: Child[]): void {
  const main = document.querySelector('main') as HTMLElement;
  main.replaceChildren(...children);
  main.focus({ preventScroll: true });
}

/** Says something to people, also to those who do not see it. */
export function say(text: string): void {
  (document.querySelector('#status') as HTMLElement).textContent = text;
}

export const formValues = (form: HTMLFormElement) => Object.fromEntries(new FormData(form)) as Record<string, string>;
