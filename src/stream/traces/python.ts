// Tracebacks of Python: `Traceback (most recent call last):`, frames from the outermost to the innermost, the
// exception. Chained exceptions ("The above exception was the direct cause …", "During handling …") are one trace, whose
// error is the last one. A prefix before each line (`app-1  | ` of docker compose) is looked through.

import { newDraft, noteError, type TraceDialect, type TraceDraft } from './dialect.ts';

const START = /^(\s*(?:\S{1,60} *\| )?)(?:\+ Exception Group )?Traceback \(most recent call last\):\s*$/;
const FRAME = /^\s+(?:\| )*File "(.+?)", line (\d+)/;
const ERROR = /^([A-Za-z_][\w.]*)(?:: ?(.*))?$/;
const CHAIN = /^(?:The above exception was the direct cause|During handling of the above exception)/;
const LIBRARY = /site-packages|dist-packages|[\\/]lib[\\/]python\d|^<frozen |^<string>/;

export const python: TraceDialect = {
  starts: ['Traceback \\(most recent call last\\):'],

  begin(text) {
    const found = START.exec(text);
    if (found === null) return undefined;
    const draft = newDraft('python_traceback', 'frames');
    draft.note = found[1]!;
    return { draft, sure: false };
  },

  next(draft, text) {
    const prefix = draft.note;
    const line = text.startsWith(prefix)
      ? text.slice(prefix.length)
      : text.trim() === prefix.trim()
        ? ''
        : undefined;
    if (line === undefined) return 'stop';
    return draft.step === 'frames' ? frameLine(draft, line) : afterError(draft, line);
  },
};

function frameLine(draft: TraceDraft, line: string): 'take' | 'wait' | 'stop' {
  const frame = FRAME.exec(line);
  if (frame !== null) {
    const file = frame[1]!;
    const own = !LIBRARY.test(file);
    draft.frames++;
    // The innermost frame comes last.
    if (own || draft.place?.own !== true) draft.place = { file, line: Number(frame[2]), own };
    return 'take';
  }
  // Source, underlines, "[Previous line repeated 996 more times]".
  if (/^\s/.test(line)) return 'wait';
  const error = ERROR.exec(line);
  if (error === null || draft.frames === 0) return 'stop';
  if (draft.errorLine !== '') draft.causedBy ??= draft.errorLine;
  noteError(draft, line, error[1], error[2]);
  draft.step = 'after';
  return 'take';
}

function afterError(draft: TraceDraft, line: string): 'take' | 'wait' | 'stop' {
  if (line.trim() === '') return 'wait';
  if (CHAIN.test(line)) {
    draft.step = 'chain';
    return 'wait';
  }
  if (draft.step === 'chain' && START.test(line)) {
    draft.step = 'frames';
    draft.frames = 0;
    draft.place = undefined;
    // The frames counted are those of the error that is reported.
    return 'wait';
  }
  // The message's other lines are indented by those who write them.
  return draft.step === 'after' && /^\s+\S/.test(line) ? 'wait' : 'stop';
}
