/** The style of the page. The system colours follow the reader's setting. */
export const REFERENCE_STYLE = `
:root { color-scheme: light dark; font: 1rem / 1.5 system-ui, sans-serif; --line: #8886; --link: #14532d; --quiet: #8882; }
@media (prefers-color-scheme: dark) { :root { --link: #86efac; } }
body { background: Canvas; color: CanvasText; margin: 0 auto; max-width: 80rem; padding: 0 1rem 3rem; }
a { color: var(--link); }
.skip { left: -999rem; position: absolute; }
.skip:focus { position: static; }
:focus-visible { outline: 3px solid #f59e0b; outline-offset: 2px; }
main:focus { outline: none; }
h2 { border-bottom: 1px solid var(--line); margin-top: 3rem; }
h3 { margin: 2rem 0 0.5rem; overflow-wrap: anywhere; }
h4 { margin: 1rem 0 0.25rem; }
ul { list-style: none; margin: 0; padding: 0; }
code, pre { font-family: ui-monospace, monospace; font-size: 0.9em; }
pre { background: var(--quiet); border-radius: 0.25rem; overflow: auto; padding: 0.75rem; }
.method { border: 1px solid currentColor; border-radius: 0.25rem; font-size: 0.8em; padding: 0 0.4rem; }
.note { margin: 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; min-width: 30rem; width: 100%; }
caption { text-align: left; }
th, td { border-bottom: 1px solid var(--line); padding: 0.25rem 0.75rem 0.25rem 0; text-align: left; vertical-align: top; }
dl { display: grid; gap: 0.25rem 1rem; grid-template-columns: max-content minmax(0, 1fr); margin: 0; }
dd { margin: 0; }
dd p { margin: 0; }
nav p { font-weight: 600; margin: 1rem 0 0; }
@media (min-width: 60rem) {
  .columns { display: grid; gap: 2rem; grid-template-columns: 14rem minmax(0, 1fr); }
  nav { align-self: start; max-height: 100vh; overflow-y: auto; position: sticky; top: 0; }
}
`;
