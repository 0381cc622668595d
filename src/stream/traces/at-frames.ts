// Traces whose frames begin with `at`: Node and browsers, the JVM, .NET. They begin alike (`SomeError: message`), and
// the first frame tells them apart. Node prints the source line above an uncaught error; jest prints the error far
// above its frames, with the source between: such frames are a trace by themselves, and the error line is an event of
// its own.

import {
  newDraft,
  noteError,
  noteFrame,
  type TraceDialect,
  type TraceDraft,
  type TraceVerdict,
} from './dialect.ts';

const ERROR =
  /^\s*(?:Uncaught |Unhandled exception\. |Exception in thread "[^"]*" )?(?:\(in promise\) )?((?:[\w$]+\.)*[A-Z][\w$]*(?:Error|Exception|Throwable|Failure)|Error)(?: \[[\w.]+\])?(?:: (.*))?$/;
const THREAD = /^\s*(?:Exception in thread "[^"]*"|Unhandled exception\.) ([\w$.]+)(?:: (.*))?$/;
/** `/srv/app/src/sum.js:2` alone on a line: Node shows the source below. */
const SOURCE_HEAD = /^(?:file:\/\/)?(\/|[A-Za-z]:\\|node:)[^\s:]+:\d+$/;
const CARET = /^\s*[~^]+\s*$/;

/** Most error lines have no frames: their events must not wait long. */
const MAX_MESSAGE_LINES = 4;

const JS_FRAME =
  /^\s*at (?:.*? \()?((?:file:\/\/|node:|[A-Za-z]:\\)?[^\s():][^():]*|\[eval\][\w-]*|<anonymous>|native):(\d+):(\d+)\)?( \{)?$/;
const JS_PLAIN_FRAME = /^\s*at (?:async )?[\w$.<>[\] ]+ \((?:<anonymous>|native|index \d+)\)$/;
const JVM_FRAME = /^\s*at (?:[\w.@-]+\/\/?)*([\w$.]+)\.[\w$<>]+\(([^()]*)\)(?: ~?\[[^\]]*\])?$/;
const NET_FRAME = /^\s+at [\w.<>`[\],+]+\(.*\)(?: in (.+):line (\d+))?$/;
const JVM_MORE = /^\s+\.\.\. \d+ (?:more|common frames omitted)$/;
const CAUSE = /^\s*(?:Caused by|Suppressed): (.+)$/;
const NET_EXTRA = /^\s*(?:--- End of |---> )/;
const NODE_VERSION = /^Node\.js v\d/;

export const atFrames: TraceDialect = {
  starts: [
    '^\\s*[\\w"(). $]*(?:Error|Exception|Throwable|Failure)(?: \\[[\\w.]+\\])?(?::|$)',
    '^\\s*Exception in thread "',
    '^\\s*Unhandled exception\\. ',
    '^\\s*at .',
    '^(?:file:|node:|/|[A-Za-z]:\\\\)[^ ]*:[0-9]{1,7}$',
  ],

  begin(text) {
    const draft = newDraft('javascript_stack', 'error');
    if (readFrame(draft, text)) return { draft, sure: true };
    if (SOURCE_HEAD.test(text)) {
      draft.step = 'source';
      draft.note = 'node';
      return { draft, sure: false };
    }
    return readError(draft, text) ? { draft, sure: false } : undefined;
  },

  next(draft, text) {
    if (draft.step === 'source') return sourceLine(draft, text);
    if (draft.step === 'properties') return propertyLine(draft, text);
    if (readFrame(draft, text)) return 'take';
    return draft.step === 'error' ? errorLine(draft, text) : afterFrames(draft, text);
  },
};

/** Between the head and the error: the source, the caret below it, an empty line. */
function sourceLine(draft: TraceDraft, text: string): TraceVerdict {
  if (CARET.test(text)) {
    draft.note = 'caret';
    return 'wait';
  }
  if (draft.note === 'caret' && readError(draft, text)) {
    draft.step = 'error';
    draft.note = 'node';
    return 'wait';
  }
  return draft.note === 'caret' && text.trim() !== '' ? 'stop' : 'wait';
}

/** Between the error and its first frame: more lines of the message. */
function errorLine(draft: TraceDraft, text: string): TraceVerdict {
  if (NET_EXTRA.test(text)) {
    draft.causedBy = text.replace(/^\s*---> /, '').trim();
    return 'wait';
  }
  if (text.trim() === '' || readsAsError(text)) return 'stop';
  return ++draft.messageLines > MAX_MESSAGE_LINES ? 'stop' : 'wait';
}

/** Between `{` after a frame and the `}` that ends it: properties of the error, its causes with their frames. */
function propertyLine(draft: TraceDraft, text: string): TraceVerdict {
  const base = Number(draft.note);
  if (indentOf(text) > base || text.trim() === '') {
    const { note } = draft;
    readFrame(draft, text);
    draft.note = note;
    draft.step = 'properties';
    return 'take';
  }
  if (text.trim() !== '}') return 'stop';
  draft.step = 'frames';
  draft.note = 'node';
  return 'take';
}

function afterFrames(draft: TraceDraft, text: string): TraceVerdict {
  const cause = CAUSE.exec(text);
  if (cause !== null) {
    draft.causedBy = cause[1]!.trim();
    return 'take';
  }
  if (JVM_MORE.test(text) || NET_EXTRA.test(text) || /^\s+\[(?:cause|errors)\]: /.test(text)) return 'take';
  if (/^\s+\.\.\. \d+ lines matching cause stack trace \.\.\.$/.test(text)) return 'take';
  if (draft.note !== 'node') return 'stop';
  return NODE_VERSION.test(text) ? 'last' : text.trim() === '' ? 'wait' : 'stop';
}

function readsAsError(text: string): boolean {
  return ERROR.test(text) || THREAD.test(text);
}

function readError(draft: TraceDraft, text: string): boolean {
  const error = THREAD.exec(text) ?? ERROR.exec(text);
  if (error === null) return false;
  noteError(draft, text, error[1], error[2]);
  return true;
}

/** Reads a frame; the first one decides which language it is. */
function readFrame(draft: TraceDraft, text: string): boolean {
  if (!/^\s*at /.test(text)) return false;
  const js = JS_FRAME.exec(text);
  if (js !== null) {
    const file = js[1]!;
    noteFrame(draft, file, Number(js[2]), isOwnScript(file));
    draft.step = js[4] === undefined ? 'frames' : 'properties';
    // The brace that ends the properties stands no deeper than the error.
    if (js[4] !== undefined) draft.note = String(Math.max(0, indentOf(text) - 4));
    return true;
  }
  if (JS_PLAIN_FRAME.test(text)) {
    noteFrame(draft, undefined, 0, false);
    draft.step = 'frames';
    return true;
  }
  return readJvmFrame(draft, text) || readNetFrame(draft, text);
}

function readJvmFrame(draft: TraceDraft, text: string): boolean {
  const jvm = JVM_FRAME.exec(text);
  if (
    jvm === null ||
    !/^(?:[\w$-]+\.(?:java|kt|scala|groovy|clj)(?::\d+)?|Native Method|Unknown Source)$/.test(jvm[2]!)
  ) {
    return false;
  }
  const place = /^(.+):(\d+)$/.exec(jvm[2]!);
  const own = !/^(?:java|javax|jdk|sun|kotlin|scala|groovy|org\.junit|org\.gradle|org\.apache\.maven)\./.test(
    jvm[1]!,
  );
  draft.name = 'java_stack';
  draft.step = 'frames';
  noteFrame(draft, place?.[1], Number(place?.[2] ?? 0), own);
  return true;
}

function readNetFrame(draft: TraceDraft, text: string): boolean {
  const net = NET_FRAME.exec(text);
  if (net === null) return false;
  draft.name = 'dotnet_stack';
  draft.step = 'frames';
  noteFrame(draft, net[1], Number(net[2] ?? 0), !/^\s+at (?:System|Microsoft)\./.test(text));
  return true;
}

function isOwnScript(file: string): boolean {
  return !/^node:|^internal\/|node_modules|^\[eval\]|^<anonymous>|^native/.test(file);
}

function indentOf(text: string): number {
  return text.length - text.trimStart().length;
}
