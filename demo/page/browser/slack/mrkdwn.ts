/**
 * Slack's own text as the library can take it. The library turns `&lt;` into `<` and only then parses, as Markdown: so what
 * somebody wrote as `<@U1>` would become a mention, and a line that begins with `#` or `|` would vanish. As numbers in
 * `&#…;` the same characters pass through it as text.
 */
const code = (char: string) => `&#${char.charCodeAt(0)};`;

const PIECES = /(`[^`\n]+`|<[^<>\n]+>)/;

/** `verbatim`: nothing becomes a link by itself. */
export function forLibrary(text: string, verbatim: boolean): string {
  return text
    .split(PIECES)
    .map((piece, i) => (i % 2 === 0 ? prose(piece, verbatim) : piece.startsWith('`') ? inlineCode(piece) : piece))
    .join('');
}

function prose(text: string, verbatim: boolean): string {
  const safe = text
    .replace(/&(lt|gt);/g, (_, name) => code(name === 'lt' ? '<' : '>'))
    .replace(/[\\[\]|]|__+|^ {4}|^[#+=-]|(?<=^\d+)[.)]/gm, (found) => found.replace(/[^\d]/g, code));
  return verbatim ? safe.replaceAll('://', `${code(':')}//`) : safe;
}

/** Entities mean nothing to it in code, and it doubles each pair of asterisks there: those become ones that only look so. */
const inlineCode = (text: string) => unescaped(text).replaceAll('*', '∗');

export const unescaped = (text: string) =>
  text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');

/** The library formats plain text too. */
export const plainForLibrary = (text: string) =>
  text.replace(/[&<>*_~`\\[\]#|=+-]/g, code).replaceAll('://', '&#58;//');
