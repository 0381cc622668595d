// Traces of Rust, Ruby and PHP, each of which announces itself in its first line.

import { newDraft, noteError, noteFrame, type TraceDialect, type TraceVerdict } from './dialect.ts';

const RUST_HEAD = /^\s*thread '(?:[^']|'(?! ))*' (?:\(\d+\) )?panicked at (.*)$/;
const RUST_PLACE = /^(.+?):(\d+):\d+:?$/;
const RUST_NOTE = /^note: (?:run with `RUST_BACKTRACE|Some details are omitted)/;

/** Since Rust 1.73 the message stands below `panicked at src/main.rs:2:5:`, before that in quotes on the same line. */
export const rust: TraceDialect = {
  starts: ["^\\s*thread '.*panicked at "],

  begin(text) {
    const found = RUST_HEAD.exec(text);
    if (found === null) return undefined;
    const draft = newDraft('rust_panic', 'message');
    const rest = found[1]!;
    const quoted = /^'(.*)', (.+?):(\d+):\d+$/.exec(rest);
    const place = quoted === null ? RUST_PLACE.exec(rest) : undefined;
    noteError(draft, text, 'panic', quoted?.[1]);
    const file = quoted?.[2] ?? place?.[1];
    if (file !== undefined) draft.place = { file, line: Number(quoted?.[3] ?? place?.[2]), own: true };
    draft.note = quoted === null ? 'below' : '';
    return { draft, sure: true };
  },

  next(draft, text): TraceVerdict {
    if (/^stack backtrace:$/.test(text)) {
      draft.step = 'backtrace';
      return 'take';
    }
    if (RUST_NOTE.test(text)) return draft.step === 'backtrace' ? 'last' : 'take';
    if (draft.step === 'backtrace') {
      if (/^\s*\d+: /.test(text)) {
        draft.frames++;
        return 'take';
      }
      return /^\s+at /.test(text) ? 'take' : 'stop';
    }
    if (draft.note === 'below' && text.trim() !== '') {
      draft.note = '';
      noteError(draft, text, 'panic', text.trim());
      return 'take';
    }
    // The left and right sides of an assertion.
    return /^\s+(?:left|right): /.test(text) ? 'take' : 'stop';
  },
};

const RUBY_HEAD =
  /^(?:\s*\d+: from )?(\S+\.rbw?|-e|\(irb\)):(\d+):in [`'](?:.*?)': (.*) \(([A-Z]\w*(?:::\w+)*)\)$/;
const RUBY_FROM = /^\s+(?:\d+: )?from (\S+):(\d+)(?::in [`'].*')?$/;

export const ruby: TraceDialect = {
  starts: ["^[^ ]+:[0-9]+:in [`'].*\\([A-Z][A-Za-z0-9_:]*\\)$"],

  begin(text) {
    const found = RUBY_HEAD.exec(text);
    if (found === null) return undefined;
    const draft = newDraft('ruby_backtrace', 'frames');
    noteError(draft, text, found[4], found[3]);
    noteFrame(draft, found[1], Number(found[2]), isOwnRuby(found[1]!));
    return { draft, sure: true };
  },

  next(draft, text): TraceVerdict {
    const from = RUBY_FROM.exec(text);
    if (from !== null) {
      noteFrame(draft, from[1], Number(from[2]), isOwnRuby(from[1]!));
      return 'take';
    }
    return /^\s+\.\.\. \d+ levels\.\.\.$/.test(text) ? 'take' : 'stop';
  },
};

function isOwnRuby(file: string): boolean {
  return !/[\\/]gems[\\/]|[\\/]lib[\\/]ruby[\\/]|^<internal:/.test(file);
}

const PHP_HEAD =
  /^(?:PHP )?Fatal error:\s+Uncaught (?:exception ')?([\w\\]+)(?:'? with message '(.*)'|: (.*)) in (.+):(\d+)$/;

export const php: TraceDialect = {
  starts: ['^(?:PHP )?Fatal error: +Uncaught '],

  begin(text) {
    const found = PHP_HEAD.exec(text);
    if (found === null) return undefined;
    const draft = newDraft('php_stack', 'frames');
    noteError(draft, text, found[1], found[2] ?? found[3]);
    draft.place = { file: found[4]!, line: Number(found[5]), own: true };
    return { draft, sure: true };
  },

  next(draft, text): TraceVerdict {
    if (/^#\d+ /.test(text)) {
      draft.frames++;
      return 'take';
    }
    if (/^\s+thrown in /.test(text)) return 'last';
    return /^Stack trace:$/.test(text) ? 'take' : /^Next /.test(text) || text === '' ? 'wait' : 'stop';
  },
};
