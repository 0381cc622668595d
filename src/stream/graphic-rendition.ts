// The attributes with which a terminal writes its next character: what the `m` sequences so far have left switched on.

/** A parameter of a sequence, or the values that follow it after colons, as the terminal's parser gives them. */
export type Parameter = number | readonly number[];

/** What switches an attribute off, and the name under which it is kept. */
const OFF: Readonly<Record<number, readonly string[]>> = {
  22: ['bold', 'dim'],
  23: ['italic'],
  24: ['underline'],
  25: ['blink'],
  27: ['inverse'],
  28: ['hidden'],
  29: ['strike'],
  39: ['foreground'],
  49: ['background'],
  55: ['overline'],
  59: ['underline colour'],
};
const ON: Readonly<Record<number, string>> = {
  1: 'bold',
  2: 'dim',
  3: 'italic',
  4: 'underline',
  5: 'blink',
  6: 'blink',
  7: 'inverse',
  8: 'hidden',
  9: 'strike',
  21: 'underline',
  53: 'overline',
};
/** Colours with values of their own. */
const COLOUR: Readonly<Record<number, string>> = {
  38: 'foreground',
  48: 'background',
  58: 'underline colour',
};

export class GraphicRendition {
  #kept = new Map<string, string>();

  /** Applies the parameters of one sequence; none means a reset. */
  apply(params: readonly Parameter[]): void {
    if (params.length === 0) this.#kept.clear();
    for (let at = 0; at < params.length; at++) {
      const code = params[at];
      if (typeof code !== 'number') continue;
      const next = params[at + 1];
      const values = typeof next === 'object' ? next : undefined;
      if (code in COLOUR && values === undefined) {
        const count = next === 5 ? 2 : next === 2 ? 4 : 0;
        const [name, text] = [COLOUR[code]!, params.slice(at, at + count + 1).join(';')];
        if (count > 0) this.#kept.set(name, text);
        at += count;
      } else this.#set(code, values);
    }
  }

  reset(): void {
    this.#kept.clear();
  }

  /** The sequence that switches all of it on after a reset; empty when there is nothing to switch on. */
  toString(): string {
    return this.#kept.size === 0 ? '' : `\x1b[${[...this.#kept.values()].join(';')}m`;
  }

  /** A copy, for a cursor that is saved. */
  copy(): GraphicRendition {
    const copy = new GraphicRendition();
    copy.#kept = new Map(this.#kept);
    return copy;
  }

  #set(code: number, values: readonly number[] | undefined): void {
    if (code === 0) this.#kept.clear();
    for (const name of OFF[code] ?? []) this.#kept.delete(name);
    const name = ON[code] ?? COLOUR[code] ?? colourOf(code);
    if (name === undefined) return;
    if (code === 4 && values?.[0] === 0) this.#kept.delete(name);
    else this.#kept.set(name, values === undefined ? `${code}` : `${code}:${values.map(shown).join(':')}`);
  }
}

function colourOf(code: number): string | undefined {
  if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) return 'foreground';
  return (code >= 40 && code <= 47) || (code >= 100 && code <= 107) ? 'background' : undefined;
}

/** A value that was left out is -1 in the parser. */
function shown(value: number): string {
  return value < 0 ? '' : `${value}`;
}
