// Foreign text made visible: whatever a terminal, a page or an editor would obey is shown instead of sent. Used wherever
// text of an agent leaves the product in a form that people read.

const NAMED_CONTROLS: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };
// C0, DEL, C1, line and paragraph separators, and the marks that turn text around (bidirectional overrides).
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text of an agent, a file name or a command on one line, with everything that a terminal would obey shown
 * instead of sent: `\n`, `\t`, `\x1b`, `\u202e`.
 */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (character) => {
    const named = NAMED_CONTROLS[character];
    if (named !== undefined) return named;
    const code = character.charCodeAt(0).toString(16);
    return code.length > 2 ? `\\u${code.padStart(4, '0')}` : `\\x${code.padStart(2, '0')}`;
  });
}

/** A line of output for the terminal: like `escapeControls`, but tabs stay tabs. */
export function escapeLine(text: string): string {
  return text.split('\t').map(escapeControls).join('\t');
}

/** Text of several lines: like `escapeLine` on each of them; `\r\n` counts as one end of line. */
export function escapeLines(text: string): string {
  return text.split(/\r?\n/).map(escapeLine).join('\n');
}
