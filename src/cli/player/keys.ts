// What a person presses, from the bytes that a terminal sends for it.

/** `text` is a character; the others are named. */
export type Key =
  | { readonly name: 'text'; readonly character: string }
  | { readonly name: 'left' | 'right' | 'up' | 'down'; readonly shift: boolean }
  | { readonly name: 'enter' | 'escape' | 'backspace' | 'interrupt' | 'suspend' | 'redraw' | 'home' | 'end' };

const CONTROLS: Readonly<Record<string, Key['name']>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\x7f': 'backspace',
  '\b': 'backspace',
  '\x03': 'interrupt',
  '\x04': 'interrupt',
  '\x1a': 'suspend',
  '\x0c': 'redraw',
};
const FINALS: Readonly<Record<string, Key['name']>> = {
  A: 'up',
  B: 'down',
  C: 'right',
  D: 'left',
  H: 'home',
  F: 'end',
};
/** The number before a final `~`: home and end in tmux, screen and the Linux console, and in rxvt. */
const NUMBERED: Readonly<Record<string, Key['name']>> = { 1: 'home', 4: 'end', 7: 'home', 8: 'end' };
/** CSI with parameters, or SS3 with one letter: arrows and keys like them, with modifiers after a semicolon. */
const SEQUENCE = /^\x1b(?:\[([0-9;:?<>=]*)[ -/]*([@-~])|O([A-Za-z]))/;
const SHIFT = 2;

/** The keys of what was read at once. What is no key of ours is left out. */
export function parseKeys(text: string): Key[] {
  const keys: Key[] = [];
  for (let at = 0; at < text.length; ) {
    const sequence = SEQUENCE.exec(text.slice(at, at + 32));
    if (sequence !== null) {
      const final = sequence[2] ?? sequence[3] ?? '';
      const [number = '', modifier = '1'] = sequence[1]?.split(';') ?? [];
      const name = final === '~' ? NUMBERED[number] : FINALS[final];
      if (name !== undefined) keys.push({ name, shift: Number(modifier) === SHIFT } as Key);
      at += sequence[0].length;
      continue;
    }
    const character = String.fromCodePoint(text.codePointAt(at)!);
    at += character.length;
    const name = character === '\x1b' ? 'escape' : CONTROLS[character];
    if (name !== undefined) keys.push({ name } as Key);
    else if (character >= ' ') keys.push({ name: 'text', character });
  }
  return keys;
}
