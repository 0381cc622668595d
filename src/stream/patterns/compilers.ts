// Findings of compilers, with file, line and column as named captures. Their priority is above that of plain labels.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const COMPILER_PATTERNS: readonly Pattern[] = [
  {
    name: 'tsc_error',
    type: 'error',
    description: 'TypeScript, plain form: file(line,column): error TSnnnn: message.',
    regex: R`^(?<file>[^ \t(][^(]{0,400})\((?<line>[0-9]{1,7}),(?<column>[0-9]{1,7})\): error (?<rule>TS[0-9]{1,6}): (?<message>.*)$`,
    value: 'message',
    priority: 20,
    samples: {
      match: [
        "tsc.ts(3,13): error TS7006: Parameter 'y' implicitly has an 'any' type.",
        "src/a b.ts(11,1): error TS2304: Cannot find name 'error'.",
      ],
      noMatch: ["  Type 'boolean' is not assignable to type 'string'.", 'see TS2304 in the manual'],
    },
  },
  {
    name: 'tsc_error_pretty',
    type: 'error',
    description: 'TypeScript, pretty form: file:line:column - error TSnnnn: message.',
    regex: R`^(?<file>[^ \t:][^:]{0,400}):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}) - error (?<rule>TS[0-9]{1,6}): (?<message>.*)$`,
    value: 'message',
    priority: 20,
    samples: {
      match: [
        "src/parser.ts:9:53 - error TS2322: Type 'number' is not assignable to type 'string'.",
        "a.ts:1:1 - error TS6133: 'x' is declared but its value is never read.",
      ],
      noMatch: ['  src/parser.ts:4:43', 'Found 9 errors in the same file, starting at: src/parser.ts:1'],
    },
  },
  {
    name: 'gcc_error',
    type: 'error',
    description: 'gcc and clang (and many that follow them): file:line:column: error: message.',
    regex: R`^(?<file>[^ \t:][^:]{0,400}):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}): (?:fatal )?error: (?<message>.*)$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        'main.c:12:13: error: ‘struct cfg’ has no member named ‘m’',
        'a.c:1:10: fatal error: nope.h: No such file or directory',
      ],
      noMatch: ['main.c:9:14: warning: unused variable ‘p’', 'main.c: In function ‘main’:'],
    },
  },
  {
    name: 'gcc_warning',
    type: 'warning',
    description: 'gcc and clang: file:line:column: warning: message [-Wrule].',
    regex: R`^(?<file>[^ \t:][^:]{0,400}):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}): warning: (?<message>[^\[]*(?:\[(?<rule>-W[A-Za-z0-9+=_-]{1,60})\])?.*)$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        'main.c:9:10: warning: unused variable ‘p’ [-Wunused-variable]',
        'x.cpp:3:1: warning: no newline at end of file',
      ],
      noMatch: ['main.c:12:13: error: expected ‘;’', 'main.c: At top level:'],
    },
  },
  {
    name: 'rustc_error',
    type: 'error',
    description: 'rustc: error[E0308]: message; the place follows on the next line.',
    regex: R`^error\[(?<rule>E[0-9]{4})\]: (?<message>\S.*)$`,
    value: 'message',
    priority: 10,
    samples: {
      match: ['error[E0308]: mismatched types', 'error[E0432]: unresolved import `crate::config`'],
      noMatch: ['error: could not compile `app` due to 2 previous errors', 'warning: unused variable'],
    },
  },
  {
    name: 'go_build_error',
    type: 'error',
    description: 'go build and go vet: path.go:line:column: message.',
    regex: R`^(?:vet: )?(?<file>[^ \t:][^:]{0,400}\.go):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}): (?<message>\S.*[^)])$`,
    value: 'message',
    priority: 5,
    samples: {
      match: ['./main.go:5:2: undefined: foo', 'vet: ./x.go:7:12: missing return'],
      noMatch: [
        '    calc_test.go:3: Add(2, 3) = -1, want 5',
        'fmts/fmt_test.go:42:21: Error return value of `x` is not checked (errcheck)',
      ],
    },
  },
  {
    name: 'msbuild_error',
    type: 'error',
    description: 'MSBuild and csc: file(line,column): error CSnnnn: message.',
    regex: R`^[ \t]*(?<file>(?:[A-Za-z]:)?[^ \t:][^:]{0,400})\((?<line>[0-9]{1,7}),(?<column>[0-9]{1,7})(?:,[0-9]{1,7},[0-9]{1,7})?\) ?: (?:fatal )?error (?<rule>[A-Z]{1,10}[0-9]{1,6}): (?<message>.*)$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        "C:\\app\\Program.cs(7,13): error CS0103: The name 'x' does not exist [C:\\app\\app.csproj]",
        '/src/P.cs(1,2): error CS1002: ; expected',
      ],
      noMatch: ['Build FAILED.', 'Program.cs(7,13): warning CS0168: unused'],
    },
  },
  {
    name: 'msbuild_warning',
    type: 'warning',
    description: 'MSBuild and csc: file(line,column): warning CSnnnn: message.',
    regex: R`^[ \t]*(?<file>(?:[A-Za-z]:)?[^ \t:][^:]{0,400})\((?<line>[0-9]{1,7}),(?<column>[0-9]{1,7})(?:,[0-9]{1,7},[0-9]{1,7})?\) ?: warning (?<rule>[A-Z]{1,10}[0-9]{1,6}): (?<message>.*)$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        "C:\\Users\\me\\NpcapDevice.cs(229,30): warning CS0618: 'SendQueue' is obsolete",
        'C:\\Program Files (x86)\\MSBuild\\x.targets(135,9): warning MSB3884: Could not find rule set',
      ],
      noMatch: ['0 Warning(s)', 'Program.cs(7,13): error CS0103: no'],
    },
  },
  {
    name: 'maven_compiler_error',
    type: 'error',
    description: 'javac through Maven: [ERROR] file:[line,column] message.',
    regex: R`^\[ERROR\] (?<file>[^ \t:\[][^:\[]{0,400}):\[(?<line>[0-9]{1,7}),(?<column>[0-9]{1,7})\] (?<message>\S.*)$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        '[ERROR] /srv/app/src/main/java/App.java:[7,12] cannot find symbol',
        '[ERROR] src/App.java:[3,1] class expected',
      ],
      noMatch: ['[ERROR] BUILD FAILURE', '[INFO] Compiling 3 source files'],
    },
  },
  {
    name: 'javac_error',
    type: 'error',
    description: 'javac, kotlinc, mypy and others: file:line: error: message.',
    regex: R`^(?<file>[^ \t:][^:]{0,400}):(?<line>[0-9]{1,7}): error: (?<message>\S.*)$`,
    value: 'message',
    priority: 12,
    samples: {
      match: ['App.java:7: error: cannot find symbol', '/path/to/my/file.py:123: error: Error message!'],
      noMatch: ['App.java:7: warning: [deprecation] x', 'file.py:99999: note: very long'],
    },
  },
  {
    name: 'javac_warning',
    type: 'warning',
    description: 'javac, mypy and others: file:line: warning: message.',
    regex: R`^(?<file>[^ \t:][^:]{0,400}):(?<line>[0-9]{1,7}): warning: (?<message>\S.*)$`,
    value: 'message',
    priority: 12,
    samples: {
      match: [
        'App.java:7: warning: [deprecation] x',
        '/path/to/another/file.py:234: warning: Warning message with $ characters!',
      ],
      noMatch: ['App.java:7: error: x', 'file.py:99999: note: very long'],
    },
  },
  {
    name: 'kotlin_error',
    type: 'error',
    description: 'kotlinc through Gradle: e: file:line:column message.',
    regex: R`^e: (?:file://)?(?<file>[^ :]{1,400}\.kts?):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}):? (?<message>\S.*)$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        'e: file:///srv/app/src/Main.kt:3:5 Unresolved reference: foo',
        'e: /srv/app/Main.kt:7:1: Expecting a top level declaration',
      ],
      noMatch: ['w: file:///srv/app/src/Main.kt:3:5 unused', 'e: see below'],
    },
  },
  {
    name: 'kotlin_warning',
    type: 'warning',
    description: 'kotlinc through Gradle: w: file:line:column message.',
    regex: R`^w: (?:file://)?(?<file>[^ :]{1,400}\.kts?):(?<line>[0-9]{1,7}):(?<column>[0-9]{1,7}):? (?<message>\S.*)$`,
    value: 'message',
    priority: 15,
    samples: {
      match: [
        'w: file:///srv/app/src/Main.kt:3:5 Parameter is never used',
        'w: /srv/app/Main.kt:7:1: unused variable',
      ],
      noMatch: ['e: file:///srv/app/src/Main.kt:3:5 x', 'w: see below'],
    },
  },
  {
    name: 'esbuild_error',
    type: 'error',
    description: 'esbuild (and Vite): ✘ [ERROR] message; the place follows below.',
    regex: R`^✘ \[ERROR\] (?<message>\S.*)$`,
    value: 'message',
    priority: 10,
    samples: {
      match: ['✘ [ERROR] The symbol "x" has already been declared', '✘ [ERROR] Could not resolve "./y"'],
      noMatch: ['▲ [WARNING] Duplicate member', '[ERROR] x'],
    },
  },
  {
    name: 'esbuild_warning',
    type: 'warning',
    description: 'esbuild (and Vite): ▲ [WARNING] message [rule].',
    regex: R`^▲ \[WARNING\] (?<message>[^\[]*(?:\[(?<rule>[a-z-]{1,60})\])?.*)$`,
    value: 'message',
    priority: 10,
    samples: {
      match: [
        '▲ [WARNING] Duplicate member "lines" in class body [duplicate-class-member]',
        '▲ [WARNING] Unsupported',
      ],
      noMatch: ['✘ [ERROR] x', '▲ up'],
    },
  },
  {
    name: 'docker_build_error',
    type: 'error',
    description: 'docker build: a step failed.',
    regex: R`^(?: ?=> ERROR \[|#[0-9]{1,4} ERROR: )(?<message>\S.*)$`,
    value: 'message',
    priority: 10,
    samples: {
      match: [
        ' => ERROR [2/5] RUN npm ci                                   1.2s',
        '#8 ERROR: process "/bin/sh -c npm ci" did not complete successfully: exit code: 1',
      ],
      noMatch: [' => [2/5] RUN npm ci', '#8 DONE 0.1s'],
    },
  },
  {
    name: 'tsc_global_error',
    type: 'error',
    description: 'TypeScript: an error that is in no file.',
    regex: R`^error (?<rule>TS[0-9]{1,6}): (?<message>.*)$`,
    value: 'message',
    priority: 20,
    samples: {
      match: [
        "error TS18003: No inputs were found in config file 'tsconfig.json'.",
        "error TS5023: Unknown compiler option 'x'.",
      ],
      noMatch: ["a.ts(1,1): error TS2304: Cannot find name 'x'.", 'error TS is odd'],
    },
  },
];
