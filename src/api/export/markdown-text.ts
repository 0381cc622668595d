// Text of an agent inside Markdown: always as code, so that it is shown as it is. It can neither end the place that it
// stands in, nor become a link, an image, a heading or HTML.

import { escapeControls, escapeLines } from '../../model/visible-text.ts';

/** The text on one line as inline code, cut to `longest` characters; a longer run of backticks fences those within. */
export function codeSpan(text: string, longest = 300): string {
  const characters = [...escapeControls(text)];
  const shown =
    characters.length > longest ? `${characters.slice(0, longest - 1).join('')}…` : characters.join('');
  if (shown.trim() === '') return '(empty)';
  const fence = '`'.repeat(longestRun(shown, '`') + 1);
  // A blank at both ends is taken off again by every reader (CommonMark, 6.1): needed where a backtick would join the fence,
  // and where blanks of the text itself would be taken off.
  const padding = /^`|`$|^ .* $/.test(shown) ? ' ' : '';
  return `${fence}${padding}${shown}${padding}${fence}`;
}

/** The text as a fenced block with its lines as they are. */
export function codeBlock(text: string, language: string | null = null): string {
  const shown = escapeLines(text);
  const fence = '`'.repeat(Math.max(3, longestRun(shown, '`') + 1));
  const info = language !== null && /^[A-Za-z0-9_+.#-]{1,40}$/.test(language) ? language : '';
  return `${fence}${info}\n${shown}${shown.endsWith('\n') || shown === '' ? '' : '\n'}${fence}\n`;
}

/** Words of ours and of users within a line, with every character escaped that Markdown or HTML would read there. */
export function plain(text: string): string {
  return escapeControls(text).replace(/[\\`*_[\]|~@<>&]|:(?=\/\/)|(?<=www)\./gi, (character) =>
    /[<>&]/.test(character) ? `&#${character.charCodeAt(0)};` : `\\${character}`,
  );
}

function longestRun(text: string, character: string): number {
  let longest = 0;
  let run = 0;
  for (const one of text) {
    run = one === character ? run + 1 : 0;
    if (run > longest) longest = run;
  }
  return longest;
}
