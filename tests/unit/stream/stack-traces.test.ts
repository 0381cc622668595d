import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Metadata } from '../../../src/model/event.ts';
import type { LineInput } from '../../../src/stream/code-blocks.ts';
import { StackTraceTracker, TRACE_STARTS, type TraceStep } from '../../../src/stream/stack-traces.ts';

const STARTS = TRACE_STARTS.map((source) => new RegExp(source));

/** Feeds lines as the engine does: all while a trace is open, else only those that can begin one. */
function steps(lines: readonly string[]): TraceStep<LineInput>[] {
  const tracker = new StackTraceTracker();
  const found: TraceStep<LineInput>[] = [];
  for (const [index, text] of lines.entries()) {
    const line = { text, number: index + 1, elapsedMs: 0 };
    if (tracker.open || STARTS.some((start) => start.test(text))) found.push(...tracker.feed(line));
    else found.push({ kind: 'line', line });
  }
  found.push(...tracker.end());
  return found;
}

function traces(text: string | readonly string[]): Metadata[] {
  const lines = typeof text === 'string' ? text.replace(/\n$/, '').split('\n') : text;
  return steps(lines).flatMap((step) =>
    step.kind === 'trace'
      ? [
          {
            pattern: step.trace.pattern,
            value: step.trace.value,
            from: step.trace.first.number,
            ...step.trace.metadata,
          },
        ]
      : [],
  );
}

function fixture(name: string): string {
  const raw = readFileSync(new URL(`../../fixtures/quality/${name}`, import.meta.url), 'utf8');
  return raw.replace(/\x1b\[[0-9;?]*[A-Za-z]/g, '').replaceAll('\r\n', '\n');
}

describe('stack traces of real tools', () => {
  it('reads chained exceptions of Python as one trace', () => {
    expect(traces(fixture('tools/python-traceback.txt'))).toEqual([
      {
        pattern: 'python_traceback',
        value: 'AppError: could not load settings',
        from: 2,
        line_end: 19,
        frames: 2,
        error_type: 'AppError',
        message: 'could not load settings',
        caused_by: "KeyError: 'missing'",
        file: '/srv/app/pytests/tb.py',
        line: 5,
      },
    ]);
  });

  it('reads an uncaught error of Node with its source', () => {
    expect(traces(fixture('tools/node-throw.txt'))).toEqual([
      {
        pattern: 'javascript_stack',
        value: 'TypeError: Cannot read config: unexpected token',
        from: 1,
        line_end: 15,
        frames: 8,
        error_type: 'TypeError',
        message: 'Cannot read config: unexpected token',
        file: '/srv/app/src/sum.js',
        line: 2,
      },
    ]);
  });

  it('reads a panic of go test', () => {
    expect(traces(fixture('tools/go-test.txt'))).toEqual([
      expect.objectContaining({
        pattern: 'go_panic',
        from: 19,
        line_end: 37,
        error_type: 'panic',
        message: 'runtime error: invalid memory address or nil pointer dereference',
        file: '/srv/app/gopkg/calc.go',
        line: 4,
      }),
    ]);
  });

  it('reads the frames of each failure of jest as a trace', () => {
    const found = traces(fixture('tools/jest-color.txt'));
    expect(found.map((trace) => [trace['from'], trace['line_end']])).toEqual([
      [27, 27],
      [40, 41],
      [54, 55],
      [83, 83],
    ]);
    expect(found[1]).toMatchObject({ pattern: 'javascript_stack', frames: 2, file: 'src/sum.js', line: 2 });
  });

  it('finds none in other outputs', () => {
    for (const name of [
      'tools/mypy-color.txt',
      'tools/gcc-color.txt',
      'tools/eslint-color.txt',
      'lint/tsc.txt',
    ]) {
      expect(traces(fixture(name)), name).toEqual([]);
    }
  });
});

describe('dialects', () => {
  it('javascript: properties and causes after the frames', () => {
    const text = `done
Error: ENOENT: no such file or directory, open 'x.json'
    at Object.openSync (node:fs:601:3)
    at load (/srv/app/config.js:10:3)
    at async main (file:///srv/app/main.mjs:3:5) {
  errno: -2,
  code: 'ENOENT',
  [cause]: Error: inner
      at inner (/srv/app/inner.js:1:1)
}
next`;
    expect(traces(text)).toEqual([
      expect.objectContaining({
        value: "Error: ENOENT: no such file or directory, open 'x.json'",
        from: 2,
        line_end: 10,
        file: '/srv/app/config.js',
        line: 10,
      }),
    ]);
  });

  it('java: causes, suppressed and shortened frames', () => {
    const text = `Exception in thread "main" java.lang.IllegalStateException: no config
\tat java.base/java.util.Objects.requireNonNull(Objects.java:233)
\tat com.example.app.Main.load(Main.java:42)
\tat com.example.app.Main.main(Main.java:12)
Caused by: java.io.FileNotFoundException: app.yml
\tat com.example.app.Files.open(Files.kt:7)
\t... 2 more
BUILD FAILED`;
    expect(traces(text)).toEqual([
      {
        pattern: 'java_stack',
        value: 'Exception in thread "main" java.lang.IllegalStateException: no config',
        from: 1,
        line_end: 7,
        frames: 4,
        error_type: 'java.lang.IllegalStateException',
        message: 'no config',
        caused_by: 'java.io.FileNotFoundException: app.yml',
        file: 'Main.java',
        line: 42,
      },
    ]);
  });

  it('.NET: inner exceptions and file names', () => {
    const text = `Unhandled exception. System.InvalidOperationException: outer
 ---> System.ArgumentNullException: Value cannot be null.
   at App.Config.Load(String path) in /srv/app/Config.cs:line 12
   --- End of inner exception stack trace ---
   at App.Program.Main(String[] args) in /srv/app/Program.cs:line 5
ok`;
    expect(traces(text)).toEqual([
      expect.objectContaining({
        pattern: 'dotnet_stack',
        from: 1,
        line_end: 5,
        frames: 2,
        error_type: 'System.InvalidOperationException',
        caused_by: 'System.ArgumentNullException: Value cannot be null.',
        file: '/srv/app/Config.cs',
        line: 12,
      }),
    ]);
  });

  it('rust: both forms of a panic, with and without a backtrace', () => {
    const text = `thread 'main' panicked at src/main.rs:2:5:
index out of bounds: the len is 1 but the index is 3
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace
ok
thread 'worker' panicked at 'old style', src/lib.rs:9:13
stack backtrace:
   0: rust_begin_unwind
             at /rustc/abc/library/std/src/panicking.rs:645:5
   1: app::run
note: Some details are omitted, run with \`RUST_BACKTRACE=full\` for a verbose backtrace.
error: test failed`;
    expect(traces(text)).toEqual([
      expect.objectContaining({
        pattern: 'rust_panic',
        value: 'index out of bounds: the len is 1 but the index is 3',
        from: 1,
        line_end: 3,
        file: 'src/main.rs',
        line: 2,
      }),
      expect.objectContaining({
        pattern: 'rust_panic',
        message: 'old style',
        from: 5,
        line_end: 10,
        frames: 2,
        file: 'src/lib.rs',
        line: 9,
      }),
    ]);
  });

  it('ruby and php', () => {
    const text = `app.rb:3:in 'load': no config (RuntimeError)
\tfrom /usr/lib/ruby/gems/3.2.0/gems/x/x.rb:1:in 'each'
\tfrom app.rb:7:in '<main>'
PHP Fatal error:  Uncaught RuntimeException: boom in /srv/app/a.php:3
Stack trace:
#0 /srv/app/b.php(12): load()
#1 {main}
  thrown in /srv/app/a.php on line 3
x`;
    expect(traces(text)).toEqual([
      expect.objectContaining({
        pattern: 'ruby_backtrace',
        from: 1,
        line_end: 3,
        frames: 3,
        error_type: 'RuntimeError',
        message: 'no config',
        file: 'app.rb',
        line: 3,
      }),
      expect.objectContaining({
        pattern: 'php_stack',
        from: 4,
        line_end: 8,
        frames: 2,
        error_type: 'RuntimeException',
        message: 'boom',
        line: 3,
      }),
    ]);
  });

  it('python: library frames, prefixes, a name without a message', () => {
    const text = `app-1  | Traceback (most recent call last):
app-1  |   File "/srv/app/main.py", line 4, in <module>
app-1  |     run()
app-1  |   File "/usr/lib/python3.11/asyncio/runners.py", line 190, in run
app-1  |     return runner.run(main)
app-1  | KeyboardInterrupt
app-1  | bye`;
    expect(traces(text)).toEqual([
      expect.objectContaining({
        value: 'KeyboardInterrupt',
        from: 1,
        line_end: 6,
        frames: 2,
        file: '/srv/app/main.py',
        line: 4,
      }),
    ]);
  });

  it('gives back what only begins like a trace', () => {
    for (const text of [
      'TypeError: x\n\nnext',
      'Traceback (most recent call last):\nnothing',
      'panic: calm down\nok',
      '/srv/app/a.js:2\nok\nok',
      'Error: a\nError: b\nError: c',
      'RangeError: at the end',
      '  at least one:1:2 of them',
    ]) {
      const lines = text.split('\n');
      const given = steps(lines).map((step) => (step.kind === 'line' ? step.line.text : 'trace'));
      expect(given).toEqual(lines);
    }
  });
});

describe('StackTraceTracker', () => {
  const pool = [
    ...fixture('tools/python-traceback.txt').split('\n'),
    ...fixture('tools/node-throw.txt').split('\n'),
    ...fixture('tools/go-test.txt').split('\n'),
    'Error: x',
    'Caused by: y.Z: w',
    '\tat a.B.c(D.java:1)',
    "thread 'main' panicked at a.rs:1:1:",
    'plain',
    '',
    '}',
    '    at f (/a/b.js:1:2) {',
  ];

  it('accounts for every line exactly once and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...pool), { maxLength: 40 }), (lines) => {
        let next = 1;
        for (const step of steps(lines)) {
          const from = step.kind === 'line' ? step.line.number : step.trace.first.number;
          expect(from).toBe(next);
          next = 1 + (step.kind === 'line' ? from : (step.trace.metadata['line_end'] as number));
        }
        expect(next).toBe(lines.length + 1);
      }),
      { numRuns: 1000 },
    );
  });

  it('announces in TRACE_STARTS every line that begins a trace', () => {
    const word = fc.constantFrom(
      'Uncaught ',
      '(in promise) ',
      'Error',
      'TypeError',
      'java.lang.',
      'Exception',
      'Foo',
      ': ',
      ' ',
      '  ',
      '.',
      ':',
      '$',
      '[cause]: ',
      'Exception in thread "main" ',
      'Unhandled exception. ',
      'main [ERROR] ',
      ' [ERR_X]',
      'at ',
      'f (a.js:1:2)',
      '/a/b.js:3',
      'file://',
      'panic: ',
      'goroutine 1 [running]:',
      "thread 'a' panicked at ",
      'a.rs:1:1:',
      "a.rb:1:in 'x': y (Z)",
      'PHP ',
      'Fatal error: ',
      ' Uncaught X: y in /z.php:3',
      'Traceback (most recent call last):',
      '  | ',
      '+ Exception Group ',
      'fatal error: ',
      '(B.java:3)',
      'a.B.c',
      ' in /x.cs:line 3',
      '\t',
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        const text = words.join('');
        const tracker = new StackTraceTracker();
        tracker.feed({ text, number: 1, elapsedMs: 0 });
        if (tracker.open)
          expect(
            STARTS.some((start) => start.test(text)),
            text,
          ).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('reads hostile lines of 8 KiB without going back and forth', () => {
    const hostile = [
      ['Error', ' at'],
      ['panic: x', `b.)${'.o'.repeat(40)}%()`],
      ['panic: x', `a${'.o'.repeat(4000)} %()`],
      ['    at f (a:1:1)', `    at +(${') in :'.repeat(1300)}`],
      [`-e:0:in \`${"': ".repeat(2700)}.`],
      [`thread 'a' panicked at '${"', :".repeat(2000)} `],
      [`PHP Fatal error:  Uncaught X: ${' in :1'.repeat(1300)}x`],
      [`${'\t'.repeat(8000)}x`],
      [`${'A'.repeat(8000)}!`],
      [`${'a.'.repeat(4000)}!`],
      ['Traceback (most recent call last):', '  File "a", line 1', `${'a.'.repeat(4000)}!`],
    ];
    const started = performance.now();
    for (const lines of hostile) steps(['goroutine 1 [running]:', ...lines]);
    for (const lines of hostile) steps(lines);
    // Exponential ones would take years, quadratic ones take milliseconds.
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('counts the frames of a trace without end and holds none of them', () => {
    const lines = [
      'Error: deep',
      ...Array.from({ length: 20_000 }, (_, i) => `    at f (/a/b.js:${i + 1}:2)`),
    ];
    expect(traces(lines)).toEqual([expect.objectContaining({ frames: 20_000, line_end: 20_001, line: 1 })]);
  });
});
