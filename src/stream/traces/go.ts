// Panics of Go: `panic: …` (and what else it says), then one block for each goroutine, of which the first is the one
// that panicked. `fatal error: …` of the runtime looks the same.

import { newDraft, noteError, noteFrame, type TraceDialect, type TraceVerdict } from './dialect.ts';

const START = /^(panic|fatal error): (.*)$/;
const MORE = /^(?:\tpanic: |\[signal |\s*\/|runtime: |\trecovered)/;
const GOROUTINE = /^goroutine \d+(?: [\w=]+)* \[[^\]]+\]:$/;
const PLACE = /^\t(.+\.(?:go|s)):(\d+)(?: \+0x[0-9a-f]+)?$/;
const LIBRARY = /[\\/]go(?:-[\d.]+)?[\\/]src[\\/]|[\\/]pkg[\\/]mod[\\/]|^runtime[\\/]|[\\/]vendor[\\/]/;

export const go: TraceDialect = {
  starts: ['^panic: ', '^fatal error: ', '^goroutine [0-9]+ '],

  begin(text) {
    const draft = newDraft('go_panic', 'head');
    if (GOROUTINE.test(text)) {
      draft.step = 'frames';
      return { draft, sure: true };
    }
    const found = START.exec(text);
    if (found === null) return undefined;
    noteError(draft, text, found[1], found[2]!.replace(/ \[recovered\]$/, ''));
    return { draft, sure: false };
  },

  next(draft, text): TraceVerdict {
    if (GOROUTINE.test(text)) {
      draft.step = draft.step === 'head' ? 'frames' : 'others';
      return 'take';
    }
    if (text.trim() === '') {
      if (draft.step === 'frames') draft.step = 'others';
      return 'wait';
    }
    if (draft.step === 'head') return MORE.test(text) ? 'wait' : 'stop';
    const place = PLACE.exec(text);
    if (place !== null) {
      if (draft.step === 'frames') noteFrame(draft, place[1], Number(place[2]), !LIBRARY.test(place[1]!));
      return 'take';
    }
    if (/^exit status \d+$/.test(text)) return 'last';
    // A call without its place below it is a line of something else.
    return isCall(text) ? 'wait' : 'stop';
  },
};

/** `example.com/app.Crash(...)`, `panic({0x508de0, 0x5feab0})`, `created by testing.(*T).Run`. */
function isCall(text: string): boolean {
  if (text.startsWith('created by ')) return true;
  const name = text.slice(0, Math.max(0, text.indexOf('(')));
  return text.endsWith(')') && (name === 'panic' || name.includes('.')) && !/[\s:=]/.test(name);
}
