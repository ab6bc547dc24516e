/** One statement of a file, with the line that it starts on. */
export interface SqlStatement {
  readonly text: string;
  /** 1-based. */
  readonly line: number;
}

/** Tokens. A semicolon in a string, a quoted identifier, a comment or a dollar-quoted body ends no statement. */
const TOKEN = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\/|\$(\w*)\$[\s\S]*?\$\1\$|;|[^;'"$/-]+|[\s\S]/g;
const COMMENT = /^(--|\/\*)/;

/** Splits a file into its statements, so that an error can name the line of the failed one. */
export function splitStatements(sql: string): SqlStatement[] {
  const statements: SqlStatement[] = [];
  let text = '';
  let line = 1;
  let startLine = 0;
  for (const [token] of sql.matchAll(TOKEN)) {
    if (token === ';') {
      if (startLine > 0) statements.push({ text, line: startLine });
      text = '';
      startLine = 0;
    } else if (startLine > 0) text += token;
    else if (!COMMENT.test(token) && token.trim() !== '') {
      // Leading white space is not part of the statement: positions in errors count from its first character.
      const leading = token.length - token.trimStart().length;
      startLine = line + newlines(token.slice(0, leading));
      text = token.slice(leading);
    }
    line += newlines(token);
  }
  if (startLine > 0) statements.push({ text, line: startLine });
  return statements;
}

/**
 * The line of a position in a statement.
 * @param position 1-based, from PostgreSQL's error. If absent, the result is the first line.
 */
export const lineOf = ({ text, line }: SqlStatement, position: number | undefined): number =>
  line + newlines(text.slice(0, Math.max(0, (position ?? 1) - 1)));

const newlines = (text: string) => text.split('\n').length - 1;
