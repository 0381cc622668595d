// Recorded output as it may be written to the terminal of whoever watches a replay: what the program drew, without what
// would act on that terminal or make it answer. A question of a program that ran long ago would be answered into the
// watcher's own input; a clipboard or a notification is not part of a picture. A state machine that survives any cut.

/** Sequences are held until they end; one that is longer is left out. */
const LONGEST_SEQUENCE = 4 * 1024 * 1024;
/** Modes that change what a terminal sends: mouse, focus, pasting, colour scheme reports, keys. */
const INPUT_MODES = new Set([
  1, 9, 66, 1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1015, 1016, 2004, 2031, 2048,
]);
/** Operating system commands that act: titles, notifications, colours (set or asked for), clipboard, files. */
const ACTING_COMMANDS = new Set([
  0, 1, 2, 4, 5, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 50, 51, 52, 60, 61, 99, 104, 105, 110, 111,
  112, 777, 1337,
]);

const GROUND = 0;
const ESCAPE = 1;
const INTERMEDIATE = 2;
const CSI = 3;
const STRING = 4;
const STRING_ESCAPE = 5;

/** The single-character forms of the introducers. */
const C1: Readonly<Record<string, string>> = {
  '\x90': '\x1bP',
  '\x98': '\x1bX',
  '\x9b': '\x1b[',
  '\x9d': '\x1b]',
  '\x9e': '\x1b^',
  '\x9f': '\x1b_',
};

export class HarmlessOutput {
  #state = GROUND;
  /** The sequence so far; of one that is too long, its beginning. */
  #held = '';

  /** What may be written of the next piece, with what was held back before. */
  push(text: string): string {
    let out = '';
    for (let at = 0; at < text.length; at++) {
      if (this.#state === GROUND) {
        const next = nextControl(text, at);
        out += text.slice(at, next);
        if (next === text.length) break;
        at = next;
      }
      out += this.#take(text[at]!);
    }
    return out;
  }

  #take(character: string): string {
    if (character === '\x18' || character === '\x1a') return this.#drop();
    switch (this.#state) {
      case GROUND:
        return this.#begin(character);
      case ESCAPE:
        return this.#afterEscape(character);
      case INTERMEDIATE:
        this.#held += character;
        return character >= '0' ? this.#end(true) : '';
      case CSI:
        return this.#inControl(character);
      case STRING:
        return this.#inString(character);
      default:
        // Only ESC \ ends a string; another sequence aborts it.
        if (character === '\\') {
          this.#held += '\x1b\\';
          return this.#end(isHarmlessString(this.#held));
        }
        this.#held = '\x1b';
        this.#state = ESCAPE;
        return this.#afterEscape(character);
    }
  }

  #begin(character: string): string {
    const introducer = C1[character];
    if (introducer !== undefined) {
      this.#held = '\x1b';
      this.#state = ESCAPE;
      return this.#afterEscape(introducer[1]!);
    }
    if (character === '\x1b') {
      this.#held = character;
      this.#state = ESCAPE;
      return '';
    }
    // ENQ asks the terminal for its answer; every other control is only shown.
    return character === '\x05' ? '' : character;
  }

  #afterEscape(character: string): string {
    if (character === '\x1b') return '';
    this.#held += character;
    if (character === '[') this.#state = CSI;
    else if ('PX^_]'.includes(character)) this.#state = STRING;
    else if (character >= ' ' && character <= '/') this.#state = INTERMEDIATE;
    // ESC Z asks for an identification; ESC = and ESC > change what the keypad sends.
    else return this.#end(!'Z=>'.includes(character));
    return '';
  }

  #inControl(character: string): string {
    // Controls inside a sequence are carried out at once.
    if (character < ' ')
      return character === '\x1b' ? this.#restart() : character === '\x05' ? '' : character;
    this.#hold(character);
    return character >= '@' && character <= '~' ? this.#end(isHarmlessControl(this.#held)) : '';
  }

  #inString(character: string): string {
    if (character === '\x1b') {
      this.#state = STRING_ESCAPE;
      return '';
    }
    this.#hold(character);
    const ends = character === '\x9c' || (character === '\x07' && this.#held[1] === ']');
    return ends ? this.#end(isHarmlessString(this.#held)) : '';
  }

  #restart(): string {
    this.#held = '\x1b';
    this.#state = ESCAPE;
    return '';
  }

  #hold(character: string): void {
    if (this.#held.length < LONGEST_SEQUENCE) this.#held += character;
  }

  #end(harmless: boolean): string {
    const sequence = this.#held;
    this.#drop();
    return harmless && sequence.length < LONGEST_SEQUENCE ? sequence : '';
  }

  #drop(): string {
    this.#held = '';
    this.#state = GROUND;
    return '';
  }
}

const CONTROL = /[\x05\x1b\x90\x98\x9b\x9d-\x9f]/g;

/** Where the next character stands that is looked at. */
function nextControl(text: string, from: number): number {
  CONTROL.lastIndex = from;
  return CONTROL.exec(text)?.index ?? text.length;
}

function isHarmlessControl(sequence: string): boolean {
  const [, prefix = '', parameters = '', intermediates = '', final = ''] =
    /^\x1b\[([<=>?]?)([0-9;:]*)([ -/]*)([@-~])$/.exec(sequence) ?? [];
  switch (final) {
    case 'n': // status and cursor
    case 'c': // attributes of the terminal
    case 'x': // its parameters
    case 't': // its window
      return false;
    case 'p': // requests of modes; a soft reset is CSI ! p
      return intermediates !== '$';
    case 'q': // name and version; the style of the cursor is CSI n SP q
      return prefix !== '>';
    case 'u': // forms of keys; the saved cursor has no prefix
      return prefix === '';
    case 'm': // forms of modified keys
      return prefix === '';
    case 'h':
    case 'l':
      return prefix !== '?' || !parameters.split(';').some((mode) => INPUT_MODES.has(Number(mode)));
    case '':
      return false;
    default:
      return !intermediates.includes('$') || final !== 'w';
  }
}

function isHarmlessString(sequence: string): boolean {
  switch (sequence[1]) {
    case ']':
      return !ACTING_COMMANDS.has(Number.parseInt(sequence.slice(2, 8), 10));
    case 'P': // pictures; not requests for settings and capabilities
      return /^\x1bP[0-9;]*q/.test(sequence);
    default:
      return false;
  }
}
