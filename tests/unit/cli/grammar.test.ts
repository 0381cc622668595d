// The table of command lines: what is ours, what is the command's, and what is a mistake.

import { describe, expect, it } from 'vitest';
import { commandOf, parseCommandLine, type RunInvocation } from '../../../src/cli/grammar.ts';

const executable = (path: string): boolean => path === '/opt/my app/run';

function run(...argv: string[]): RunInvocation {
  const invocation = parseCommandLine(argv, executable);
  if (invocation.kind !== 'run') throw new Error(`not a run: ${JSON.stringify(invocation)}`);
  return invocation.run;
}

interface Line {
  readonly argv: readonly string[];
  readonly agent: string;
  readonly words: readonly string[];
  readonly shell?: boolean;
  readonly flags?: Readonly<Record<string, string | boolean>>;
}

const LINES: readonly Line[] = [
  { argv: ['codex', 'ls'], agent: 'codex', words: ['ls'] },
  {
    argv: ['codex', "echo 'test error'", '--enable-db'],
    agent: 'codex',
    words: ["echo 'test error'"],
    shell: true,
    flags: { 'enable-db': true },
  },
  {
    argv: ['codex', 'sleep', '1', '--enable-db'],
    agent: 'codex',
    words: ['sleep', '1'],
    flags: { 'enable-db': true },
  },
  {
    argv: ['codex', 'cmd a', '--enable-db', '--db', 'x.db'],
    agent: 'codex',
    words: ['cmd a'],
    shell: true,
    flags: { 'enable-db': true, db: 'x.db' },
  },
  {
    argv: ['codex', 'cmd a', '--db=x.db', '--no-record'],
    agent: 'codex',
    words: ['cmd a'],
    shell: true,
    flags: { db: 'x.db', record: false },
  },
  { argv: ['codex', 'cmd a', 'b'], agent: 'codex', words: ['cmd a', 'b'], shell: false },
  { argv: ['codex', 'cmd a', '-v'], agent: 'codex', words: ['cmd a', '-v'], shell: false },
  { argv: ['--enable-db', 'codex', 'ls'], agent: 'codex', words: ['ls'], flags: { 'enable-db': true } },
  {
    argv: ['codex', '--enable-db', 'ls', '-l'],
    agent: 'codex',
    words: ['ls', '-l'],
    flags: { 'enable-db': true },
  },
  {
    argv: ['--db', 'x.db', 'codex', '--no-pty', 'ls'],
    agent: 'codex',
    words: ['ls'],
    flags: { db: 'x.db', pty: false },
  },
  {
    argv: ['claude', 'psql', '-p', '1', '--enable-db'],
    agent: 'claude',
    words: ['psql', '-p', '1'],
    flags: { 'enable-db': true },
  },
  { argv: ['claude', 'tool', '--enable-db', 'x'], agent: 'claude', words: ['tool', '--enable-db', 'x'] },
  { argv: ['claude', 'tool', '--db', 'x.db'], agent: 'claude', words: ['tool', '--db', 'x.db'] },
  { argv: ['claude', 'tool', '--db=x.db'], agent: 'claude', words: ['tool'], flags: { db: 'x.db' } },
  { argv: ['claude', 'tool', '--verbose'], agent: 'claude', words: ['tool', '--verbose'] },
  {
    argv: ['claude', 'tool', '--verbose', '--enable-db'],
    agent: 'claude',
    words: ['tool', '--verbose'],
    flags: { 'enable-db': true },
  },
  {
    argv: ['claude', 'tool', '--enable-db', '--verbose'],
    agent: 'claude',
    words: ['tool', '--enable-db', '--verbose'],
  },
  { argv: ['claude', '--', 'tool', '--enable-db'], agent: 'claude', words: ['tool', '--enable-db'] },
  { argv: ['claude', '--', 'tool', '--', 'x'], agent: 'claude', words: ['tool', '--', 'x'] },
  { argv: ['claude', 'grep', '--', '-x', 'f'], agent: 'claude', words: ['grep', '--', '-x', 'f'] },
  {
    argv: ['claude', 'grep', '--', '-x', '--enable-db'],
    agent: 'claude',
    words: ['grep', '--', '-x', '--enable-db'],
  },
  { argv: ['claude', '--', '--', 'x'], agent: 'claude', words: ['--', 'x'] },
  {
    argv: ['claude', '--enable-db', '--', 'ls a'],
    agent: 'claude',
    words: ['ls a'],
    shell: true,
    flags: { 'enable-db': true },
  },
  { argv: ['claude', 'tool', '--help'], agent: 'claude', words: ['tool', '--help'] },
  { argv: ['claude', 'tool', '-h'], agent: 'claude', words: ['tool', '-h'] },
  { argv: ['claude', 'echo', 'a b', '$HOME'], agent: 'claude', words: ['echo', 'a b', '$HOME'] },
  {
    argv: ['claude', 'printf', '%s\\n', 'a b', '$X', ''],
    agent: 'claude',
    words: ['printf', '%s\\n', 'a b', '$X', ''],
  },
  { argv: ['claude', '/opt/my app/run'], agent: 'claude', words: ['/opt/my app/run'], shell: false },
  {
    argv: ['claude', '/opt/my app/run', '--enable-db'],
    agent: 'claude',
    words: ['/opt/my app/run'],
    shell: false,
    flags: { 'enable-db': true },
  },
  { argv: ['claude', 'X=1'], agent: 'claude', words: ['X=1'], shell: true },
  { argv: ['claude', 'a|b'], agent: 'claude', words: ['a|b'], shell: true },
  { argv: ['claude', 'exit 7'], agent: 'claude', words: ['exit 7'], shell: true },
  { argv: ['claude', 'sh', '-c', 'exit 7'], agent: 'claude', words: ['sh', '-c', 'exit 7'], shell: false },
  { argv: ['exec', 'sessions', 'ls'], agent: 'sessions', words: ['ls'] },
  {
    argv: ['exec', '--enable-db', 'show', '--', 'ls'],
    agent: 'show',
    words: ['ls'],
    flags: { 'enable-db': true },
  },
  { argv: ['агент', 'ls'], agent: 'агент', words: ['ls'] },
  { argv: ['claude', '-', 'x'], agent: 'claude', words: ['-', 'x'] },
  {
    argv: ['claude', '--max-recording', '10M', 'ls'],
    agent: 'claude',
    words: ['ls'],
    flags: { 'max-recording': '10M' },
  },
  {
    argv: ['claude', '--enable-db', '--no-enable-db', 'ls'],
    agent: 'claude',
    words: ['ls'],
    flags: { 'enable-db': false },
  },
  {
    argv: ['claude', 'tool', '--pty', '--enable-db'],
    agent: 'claude',
    words: ['tool'],
    flags: { pty: true, 'enable-db': true },
  },
  {
    argv: ['claude', 'tool', '--no-pty', '--record-input'],
    agent: 'claude',
    words: ['tool'],
    flags: { pty: false, 'record-input': true },
  },
];

describe('the command line of a run', () => {
  it.each(LINES.map((line) => [line.argv.join(' ⎵ '), line] as const))('%s', (_, line) => {
    const found = run(...line.argv);
    expect(found.agent).toBe(line.agent);
    expect(found.words).toEqual(line.words);
    expect(found.flags).toEqual(line.flags ?? {});
    expect(found.shell).toBe(line.shell ?? false);
  });

  it('starts a shell command with /bin/sh and an argv as it is', () => {
    expect(commandOf(run('a', 'echo $X'))).toEqual({ file: '/bin/sh', args: ['-c', 'echo $X'] });
    expect(commandOf(run('a', 'echo', '$X'))).toEqual({ file: 'echo', args: ['$X'] });
  });

  it('says which words it took from behind the command', () => {
    expect(run('a', 'sleep', '1', '--enable-db').taken).toEqual(['--enable-db']);
    expect(run('a', 'sleep 1', '--db', 'x').taken).toEqual(['--db', 'x']);
    expect(run('a', '--enable-db', 'sleep', '1').taken).toEqual([]);
  });
});

describe('mistakes', () => {
  it.each([
    [[], /no agent and no command/],
    [['--enable-db'], /no agent/],
    [['codex'], /no command given for the agent codex/],
    [['codex', '--'], /no command/],
    [['codex', ''], /no command/],
    [['codex', '  '], /no command/],
    [['codex', '', 'x'], /name of the command is empty/],
    [['', 'ls'], /agent is empty/],
    [['--', 'ls'], /no agent given before --/],
    [['exec'], /no agent given after exec/],
    [['codex', '--enabel-db', 'ls'], /unknown option --enabel-db/],
    [['-x', 'codex', 'ls'], /unknown option -x/],
    [['codex', '--db'], /--db needs a value/],
    [['codex', '--db=', 'ls'], /--db needs a value/],
    [['codex', '--enable-db=yes', 'ls'], /takes no value/],
    [['codex', '--enable-db', '--db', 'x.db'], /no command/],
  ] as const)('%j', (argv, message) => {
    expect(() => run(...argv)).toThrow(message);
  });

  it('names the nearest option', () => {
    expect(() => run('codex', '--enabel-db', 'ls')).toThrow(
      expect.objectContaining({ code: 'usage', hint: 'did you mean --enable-db?' }),
    );
  });
});

describe('everything else goes to the program', () => {
  it.each([
    [['--help']],
    [['-h']],
    [['--version']],
    [['sessions', '--json']],
    [['show', 'last']],
    [['help']],
  ])('%j', (argv) => {
    expect(parseCommandLine(argv, executable)).toEqual({ kind: 'program', argv });
  });
});
