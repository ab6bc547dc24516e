/** A document without its code blocks. In a code block, `#` starts a comment and not a heading. */
const withoutCode = (markdown: string) => markdown.replaceAll(/^```[\s\S]*?^```$/gm, '');

/** The anchor that GitHub gives to a heading: lower case, no punctuation, hyphens for spaces. */
const slugOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

/** The anchors of all headings. As on GitHub, the second heading of a name ends in `-1`. */
export function anchorsOf(markdown: string): string[] {
  const seen = new Map<string, number>();
  return [...withoutCode(markdown).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
    const slug = slugOf(String(heading));
    const earlier = seen.get(slug) ?? 0;
    seen.set(slug, earlier + 1);
    return earlier === 0 ? slug : `${slug}-${earlier}`;
  });
}

/** The text of each second-level section by its anchor. */
export function sectionsOf(markdown: string): Map<string, string> {
  const [, ...sections] = withoutCode(markdown).split(/^## /m);
  return new Map(sections.map((section) => [slugOf(section.split('\n', 1)[0] ?? ''), section]));
}

/** The relative links of a document, without those to other sites. */
export const linksOf = (markdown: string): string[] =>
  [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, link]) => String(link))
    .filter((link) => !/^[a-z]+:/.test(link));
