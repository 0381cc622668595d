// Pattern files of the user: good ones find, bad ones stop the start, runaway ones harm nobody.

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { onlyRecording, recordedText } from '../support/recording.ts';
import { expectNote, expectRefusal, fingerprint } from '../support/shell.ts';
import { bare, sqlite, temporaryFolder, wrapper } from '../support/wrapper.ts';

const TICKET = `patterns:
  - name: ticket
    type: state
    regex: '\\b(?<project>[A-Z]{2,8})-(?<line>\\d+)\\b'
    risk: low
    value: 0
    samples:
      match: ['works on ABC-12 now', 'XY-1']
      no_match: ['abc-12', 'A-1']
`;

describe('a good pattern file', () => {
  it.each([
    ['YAML', 'mine.yaml', TICKET],
    [
      'JSON',
      'mine.json',
      JSON.stringify([
        {
          name: 'ticket',
          type: 'state',
          regex: '\\b(?<project>[A-Z]{2,8})-(?<line>\\d+)\\b',
          risk: 'low',
          value: 0,
          samples: { match: ['works on ABC-12 now', 'XY-1'], no_match: ['abc-12', 'A-1'] },
        },
      ]),
    ],
  ])('in %s', async (_, name, content) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, name), content);
    const script = "echo 'done with TOOL-41'; echo test error";
    const found = await wrapper(['a', '--enable-db', '--patterns', name, '--', 'sh', '-c', script], { cwd });
    expect(found.stderr.toString()).toBe('');
    const columns = 'event_type, pattern, matched_value, risk_level, line_number';
    expect(sqlite(cwd, `SELECT ${columns} FROM extraction_events WHERE pattern = 'ticket'`)).toEqual([
      'state|ticket|TOOL-41|low|1',
    ]);
    const metadata = sqlite(
      cwd,
      "SELECT metadata_json FROM extraction_events WHERE pattern = 'ticket'",
    ).join();
    expect(JSON.parse(metadata)).toMatchObject({ project: 'TOOL', line: 41 });
    expect(sqlite(cwd, "SELECT COUNT(*) FROM extraction_events WHERE event_type = 'error'")).toEqual(['1']);
    const version = sqlite(cwd, 'SELECT extraction_config_version FROM process_sessions').join();
    const plain = temporaryFolder();
    await wrapper(['a', '--enable-db', 'true'], { cwd: plain });
    expect(version).not.toBe(sqlite(plain, 'SELECT extraction_config_version FROM process_sessions').join());
  });

  it('may be the default, by the project file', async () => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'mine.yaml'), TICKET);
    writeFileSync(join(cwd, 'wrapper.config.yaml'), 'enableDb: true\npatterns: mine.yaml\n');
    await wrapper(['a', 'echo AB-1; echo CD-2'], { cwd });
    expect(sqlite(cwd, "SELECT matched_value FROM extraction_events WHERE pattern = 'ticket'")).toEqual([
      'AB-1',
      'CD-2',
    ]);
  });
});

describe('a bad pattern file stops the start', () => {
  const edited = (from: string, to: string): string => {
    expect(TICKET).toContain(from);
    return TICKET.replace(from, to);
  };
  it.each([
    ['that is no YAML', () => edited('    type: state', '  type: : state'), /mine\.yaml:[34]/],
    ['that lists nothing of ours', () => 'hello\n', /mine\.yaml:1/],
    ['with an unknown event type', () => edited('type: state', 'type: status'), /mine\.yaml:3.*status/],
    ['with an unknown key', () => edited('risk: low', 'risky: low'), /mine\.yaml:5.*risky/],
    [
      'with an unknown risk',
      () => edited('risk: low', 'risk: terrible'),
      /mine\.yaml:5.*terrible|mine\.yaml:5.*risk/,
    ],
    ['with a broken regex', () => edited('\\b(?<project>', '\\b((?<project>'), /mine\.yaml:4.*ticket/],
    [
      'with look-behind on the linear engine',
      () => edited("'\\b(?<p", "'(?<=#)(?<p"),
      /mine\.yaml:4.*ticket/,
    ],
    [
      'with a sample that does not match',
      () => edited("'XY-1'", "'nothing'"),
      /mine\.yaml:[2-8].*ticket.*nothing/,
    ],
    ['with a counter-sample that does', () => edited("'A-1'", "'AB-1'"), /mine\.yaml:[2-9].*ticket.*AB-1/],
    [
      'with one name twice',
      () => TICKET + TICKET.slice(TICKET.indexOf('  - name')),
      /mine\.yaml:(2|10).*ticket/,
    ],
    ['whose second pattern is bad', () => `${TICKET}  - name: two\n    type: nope\n`, /mine\.yaml:1[01]/],
  ])('%s', async (_, content, says) => {
    const cwd = temporaryFolder();
    writeFileSync(join(cwd, 'mine.yaml'), content());
    const before = fingerprint(cwd);
    for (const way of [['--enable-db'], []]) {
      const args = [...way, '--patterns', 'mine.yaml', 'a', '--', 'touch', 'started'];
      expectRefusal(await wrapper(args, { cwd }), 2, says);
    }
    expect(fingerprint(cwd)).toEqual(before);
    expect(existsSync(join(cwd, 'started'))).toBe(false);
  });
});

describe('a pattern that runs away', () => {
  /** One that nothing but the time limit can stop, and well-known ones, with the strings that attack them. */
  const ATTACKS: readonly (readonly [regex: string, attack: string])[] = [
    ['(?=(a+)+$)a', `${'a'.repeat(40)}!`],
    ['(a+)+$', `${'a'.repeat(31)}!`],
    ['\\b(a|aa)+\\b$', `${'a'.repeat(45)}!`],
    ['(x+x+)+y', `${'x'.repeat(40)} y`],
    ['^(?=(a+)+$)x', `${'a'.repeat(33)}!x`],
    ['(a+)\\1*b', `${'a'.repeat(8000)} b`],
    ['\\s+$', `.${' '.repeat(8000)}.`],
  ];

  it.each(ATTACKS)('%s', async (regex, attack) => {
    const cwd = temporaryFolder();
    const pattern = { name: 'runaway', type: 'state', engine: 'js', regex, samples: samplesFor(regex) };
    writeFileSync(join(cwd, 'mine.json'), JSON.stringify([pattern]));
    const script = `seq -f 'error %g' 100; printf '%s\\n' '${attack}'; sleep 0.2; printf '%s\\n' '${attack}'
      seq -f 'error %g' 101 200; exit 5`;
    const expected = await bare(['sh', '-c', script], { cwd });
    const began = performance.now();
    const found = await wrapper(['a', '--enable-db', '--patterns', 'mine.json', '--', 'sh', '-c', script], {
      cwd,
    });
    expect(performance.now() - began).toBeLessThan(5000);
    expect(found.stdout.equals(expected.stdout)).toBe(true);
    expect(found.status).toBe(5);
    expect(recordedText(onlyRecording(cwd))).toBe(expected.stdout.toString().replaceAll('\n', '\r\n'));
    const errors = "SELECT COUNT(*) FROM extraction_events WHERE event_type = 'error'";
    expect(sqlite(cwd, errors)).toEqual(['200']);
    expect(sqlite(cwd, 'SELECT total_lines_processed FROM process_sessions')).toEqual(['202']);
    const disabled = `SELECT metadata_json FROM process_state_changes WHERE metadata_json LIKE '%pattern_disabled%'`;
    const changes = sqlite(cwd, disabled);
    // The prefilter may have shown that the line cannot match, and a line is cut at 8 KiB, so that what is merely
    // quadratic may end in time; then nothing is to be said.
    if (changes.length === 0) {
      expect(regex).not.toBe(ATTACKS[0]?.[0]);
      expect(found.stderr.toString()).toBe('');
    } else {
      expect(changes.length).toBe(1);
      expect(changes[0]).toContain('runaway');
      expectNote(found.stderr.toString(), /the pattern runaway was disabled/);
    }
  });

  it('cannot do so on the engine that is the default', async () => {
    const cwd = temporaryFolder();
    const pattern = { name: 'linear', type: 'state', regex: '(a+)+$', samples: samplesFor('(a+)+$') };
    writeFileSync(join(cwd, 'mine.json'), JSON.stringify([pattern]));
    const script = `echo '${'a'.repeat(31)}!'; echo '${'a'.repeat(3000)}!'; echo aaa`;
    const found = await wrapper(['a', '--enable-db', '--patterns', 'mine.json', '--', 'sh', '-c', script], {
      cwd,
    });
    expect(found.stderr.toString()).toBe('');
    expect(sqlite(cwd, "SELECT line_number FROM extraction_events WHERE pattern = 'linear'")).toEqual(['3']);
  });
});

function samplesFor(regex: string): { match: string[]; no_match: string[] } {
  switch (regex) {
    case '(x+x+)+y':
      return { match: ['xxy'], no_match: ['z'] };
    case '^(?=(a+)+$)x':
      return { match: [], no_match: ['b'] };
    case '(a+)\\1*b':
      return { match: ['ab'], no_match: ['z'] };
    case '\\s+$':
      return { match: ['a '], no_match: ['z'] };
    default:
      return { match: ['aa'], no_match: ['zb'] };
  }
}
