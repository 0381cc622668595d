// docs/DATABASE.md says what is: its schema, its indexes and its numbers are compared with a real database, and every
// query in it is run.

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { APPLICATION_ID, SCHEMA_VERSION } from '../../../src/data/database-format.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { SessionStore } from '../../../src/data/session-store.ts';
import { SqliteRunStorage } from '../../../src/data/sqlite-run-storage.ts';
import { sampleExecution, samplePlan } from '../../support/runs.ts';
import { sampleBlock, sampleEvent, sampleSession } from './samples.ts';

const document = readFileSync(resolve(import.meta.dirname, '../../../docs/DATABASE.md'), 'utf8');

function blocks(language: string): string[] {
  return document
    .split(`\n\`\`\`${language}\n`)
    .slice(1)
    .map((rest) => rest.slice(0, rest.indexOf('\n```')));
}

/** The statement without comments, line breaks and other white space that means nothing. */
function normalize(sql: string): string {
  return sql
    .replace(/--.*/g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([(),]) ?/g, '$1')
    .replace(/;/g, '')
    .trim();
}

describe('docs/DATABASE.md', () => {
  const database = openDatabase(':memory:');

  it('shows the tables and the view as they are', () => {
    const rows = database
      .prepare(
        `SELECT sql FROM sqlite_schema WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite_%' ORDER BY rowid`,
      )
      .all() as { sql: string }[];
    const [shown = ''] = blocks('sql');
    expect(shown.split(/;\n?/).map(normalize).filter(Boolean)).toEqual(rows.map((row) => normalize(row.sql)));
  });

  it('names every index with its columns', () => {
    const rows = database
      .prepare(`SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name`)
      .all() as { name: string; sql: string }[];
    const real = rows.map(({ name, sql }) => [
      name,
      / ON (.+?\))/.exec(sql)?.[1],
      /UNIQUE/.test(sql),
      /WHERE/.test(sql),
    ]);
    const shown = [...document.matchAll(/^\| `(idx_\w+)`( \(unique\))? \| `([^`]+)`( where)?/gm)]
      .map(([, name, unique, columns, where]) => [name, columns, unique !== undefined, where !== undefined])
      .sort((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1));
    expect(shown).toEqual(real);
  });

  it('says which numbers mark the file', () => {
    expect(document).toContain(`\`application_id\` is ${APPLICATION_ID} (0x${APPLICATION_ID.toString(16)}`);
    expect(document).toContain(`\`user_version\` is the schema version: ${SCHEMA_VERSION}.`);
  });

  it('has only queries that run and find something', async () => {
    const sessions = new SessionStore(database);
    sessions.createSession(sampleSession());
    new ExtractionStore(database).saveExtractionBatch(
      [sampleEvent(1), sampleEvent(2, { eventType: 'file_change', pattern: 'edit', matchedValue: 'a.ts' })],
      [sampleBlock(1, { language: 'python' })],
    );
    sessions.completeSession('sess_0123456789ab', {
      state: 'failed',
      exitCode: 1,
      endedAt: '2026-02-10T10:31:00.000Z',
      stats: { totalLines: 2, totalExtractions: 2 },
    });
    const plan = samplePlan();
    await new SqliteRunStorage(database).saveRun(plan, sampleExecution(plan));
    const queries = blocks('sql query');
    expect(queries.length).toBeGreaterThan(5);
    for (const query of queries) expect(database.prepare(query).all().length, query).toBeGreaterThan(0);
  });

  it('has the words of the code for the end of a recording', () => {
    const writer = readFileSync(
      resolve(import.meta.dirname, '../../../src/data/recording-writer.ts'),
      'utf8',
    );
    expect(writer).toContain(/recording ended: [a-z ]+/.exec(document)![0].trim());
  });
});
