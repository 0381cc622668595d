import { describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/data/database.ts';
import { ExtractionStore } from '../../../src/data/extraction-store.ts';
import { QueryTimings, type SlowQuery } from '../../../src/data/query-timings.ts';
import { sampleEvent } from './samples.ts';

describe('timings of statements', () => {
  it('are told of every statement that a connection runs, with its rows', () => {
    const seen: [string, number][] = [];
    const database = openDatabase(':memory:', {
      onQuery: (sql, ms, rows) => {
        expect(ms).toBeGreaterThanOrEqual(0);
        seen.push([sql, rows]);
      },
    });
    const store = new ExtractionStore(database);
    store.saveExtractionBatch([sampleEvent(1), sampleEvent(2)]);
    expect(
      seen.filter(([sql]) => sql.startsWith('INSERT INTO extraction_events')).map(([, rows]) => rows),
    ).toEqual([1, 1]);
    seen.length = 0;
    store.getExtractionsByAgent('codex');
    expect(seen.map(([, rows]) => rows)).toContain(2);
    database.close();
  });

  it('are counted by shape, with quantiles that are no smaller than the truth', () => {
    const timings = new QueryTimings();
    for (let call = 1; call <= 100; call++) timings.observe('SELECT  1\n FROM a', call / 10, 2);
    timings.observe('SELECT 2', 50, 0);
    expect(timings.summary()).toMatchObject({ calls: 101, slow: 0, maxMs: 50 });
    const [first, second] = timings.shapes();
    expect(first).toMatchObject({ shape: 'SELECT 1 FROM a', calls: 100, rows: 200, maxMs: 10 });
    expect(first!.totalMs).toBeCloseTo(505);
    expect(first!.p50Ms).toBeGreaterThanOrEqual(5);
    expect(first!.p50Ms).toBeLessThan(7.6);
    expect(first!.p99Ms).toBe(10);
    expect(second).toMatchObject({ shape: 'SELECT 2', p50Ms: 50 });
  });

  it('keep slow ones with their plan, asked once', () => {
    const said: SlowQuery[] = [];
    const database = openDatabase(':memory:');
    let explained = 0;
    const timings = new QueryTimings({
      slowAfterMs: 5,
      now: () => 1000,
      onSlow: (query) => said.push(query),
      explain: (sql) => {
        explained += 1;
        return database.explain(sql);
      },
    });
    const sql = 'SELECT * FROM extraction_events WHERE agent_name = ? LIMIT ?';
    timings.observe(sql, 5, 0);
    timings.observe(sql, 6, 3);
    timings.observe(sql, 7, 3);
    expect(said).toHaveLength(2);
    expect(explained).toBe(1);
    expect(said[0]).toMatchObject({ shape: sql, ms: 6, rows: 3, at: 1000 });
    expect(said[0]!.plan.join()).toMatch(/USING INDEX idx_/);
    expect(timings.summary().slow).toBe(2);
    expect(timings.slow()).toEqual(said);
    database.close();
  });

  it('stay small, whatever is asked', () => {
    const timings = new QueryTimings({ slowAfterMs: 0 });
    for (let number = 0; number < 2000; number++)
      timings.observe(`SELECT ${number} ${'x'.repeat(5000)}`, 1, 0);
    expect(timings.shapes().length).toBeLessThanOrEqual(201);
    expect(timings.slow().length).toBeLessThanOrEqual(50);
    expect(Math.max(...timings.shapes().map(({ shape }) => shape.length))).toBeLessThanOrEqual(2001);
    expect(timings.shapes().reduce((sum, { calls }) => sum + calls, 0)).toBe(2000);
  });
});
