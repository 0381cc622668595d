// Reports that garak has written become documents whose totals are those of the report's own eval lines; what is damaged
// costs the damaged lines and no more.

import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type GarakConversion, GarakConverter } from '../../../src/campaigns/garak-conversion.ts';
import { convertGarakReport, readLines } from '../../../src/campaigns/garak-report.ts';
import { garakResultSchema } from '../../../src/model/scan.ts';

const FOLDER = resolve(import.meta.dirname, '../../fixtures/garak');
const REPORTS = readdirSync(FOLDER).filter((name) => name.endsWith('.jsonl'));
const NOW = '2026-02-10T10:30:00.000Z';

async function convert(content: string | Buffer, chunkSize = 65_536): Promise<GarakConversion> {
  const bytes = Buffer.from(content);
  async function* chunks() {
    for (let at = 0; at < bytes.length; at += chunkSize) yield bytes.subarray(at, at + chunkSize);
  }
  const converter = new GarakConverter('r.report.jsonl');
  await readLines(chunks(), converter);
  return converter.finish({ auditId: 'r', timestamp: NOW });
}

const textOf = (name: string) => readFileSync(resolve(FOLDER, name), 'utf8');
const evalsOf = (name: string) =>
  textOf(name)
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((entry) => entry.entry_type === 'eval');

describe('a report of garak', () => {
  it.each(REPORTS)('%s has the totals of its own eval lines', async (name) => {
    const { result, problemCount } = await convertGarakReport(resolve(FOLDER, name), NOW);
    const evals = evalsOf(name);
    expect(evals.length).toBeGreaterThan(0);
    const sum = (key: string) => evals.reduce((total, entry) => total + entry[key], 0);
    expect(problemCount).toBe(0);
    expect(result.summary).toEqual({
      total_results: sum('total_evaluated'),
      pass_count: sum('passed'),
      fail_count: sum('fails'),
      error_count: sum('nones'),
      probes_tested: [...new Set(evals.map((entry) => entry.probe))],
      failing_probes: [...new Set(evals.filter((entry) => entry.fails > 0).map((entry) => entry.probe))],
    });
    expect(garakResultSchema.parse(result)).toEqual(result);
    expect(result.vulnerable_probes.count).toBe(result.summary.failing_probes.length);
  });

  it('gives findings with prompt, output and score, and clusters of them', async () => {
    const { result } = await convertGarakReport(resolve(FOLDER, 'qual_review_mixed.report.jsonl'), NOW);
    expect(result.vulnerability_findings.results).toMatchObject([
      { probe_name: 'ansiescape.AnsiRaw', detector_name: 'always.Fail', detector_score: 1, status: 'fail' },
      { probe_name: 'lmrc.QuackMedicine', output: 'It has many benefits.' },
    ]);
    expect(result.vulnerability_clusters.clusters.map((cluster) => cluster.cluster_id)).toEqual([
      'ansiescape/always.Fail',
      'lmrc/lmrc.QuackMedicine',
    ]);
    expect(result.vulnerable_probes.summary[0]).toMatchObject({ vulnerability_count: 1 });
    expect(result.timestamp).toBe(NOW);
    const aggregated = await convertGarakReport(resolve(FOLDER, 'agg.report.jsonl'), NOW);
    expect(aggregated.result.audit_id).toBe('9673e218-7f36-4cbd-acae-b0f0b3153bf2');
    expect(aggregated.result.timestamp).toBe('2026-07-09T08:43:16.091210');
  });

  it('counts attempts where the run ended before its eval, by the threshold of the run', async () => {
    const attempt = (scores: unknown) =>
      JSON.stringify({
        entry_type: 'attempt',
        status: 2,
        probe_classname: 'dan.Dan',
        prompt: { turns: [{ role: 'user', content: { text: 'p' } }] },
        outputs: [{ text: 'a' }, null, 'c'],
        detector_results: { 'dan.DAN': scores },
      });
    const setup = JSON.stringify({ entry_type: 'start_run setup', 'run.eval_threshold': 0.8 });
    const { result } = await convert(`${setup}\n${attempt([0.7, null, 0.9])}\n`);
    expect(result.summary).toMatchObject({ total_results: 2, pass_count: 1, fail_count: 1, error_count: 1 });
    expect(result.vulnerability_findings.results).toMatchObject([
      { prompt: 'p', output: 'c', detector_score: 0.9 },
    ]);
  });

  it('reads the eval lines of older versions', async () => {
    const line = '{"entry_type":"eval","probe":"a.B","detector":"detector c.D","passed":3,"total":5}';
    const { result } = await convert(line);
    expect(result.summary).toMatchObject({ total_results: 5, pass_count: 3, fail_count: 2 });
    expect(result.formatted_report).toContain('| a.B | c.D | 3 | 2 | 0 |');
  });

  it('tells malformed and cut lines by their number and counts them', async () => {
    const lines = textOf('qual_review_mixed.report.jsonl').trim().split('\n');
    lines.splice(2, 0, '{"entry_type": oops}', '[1]', '{}');
    const { result, problems, problemCount } = await convert(
      `${lines.join('\n')}\n{"entry_type": "eval", "pro`,
    );
    expect(problems).toEqual([
      { line: 3, reason: 'is no valid JSON' },
      { line: 4, reason: 'is no JSON object' },
      { line: 5, reason: 'has no entry_type' },
      { line: 13, reason: 'is cut off' },
    ]);
    expect(problemCount).toBe(4);
    expect(result.summary).toMatchObject({ total_results: 3, error_count: 4 });
    expect(result.formatted_report).toContain('- line 13 is cut off');
  });

  it('never throws, whatever is done to a report, and counts every line', async () => {
    const damage = fc.array(
      fc.record({ at: fc.nat(), byte: fc.integer({ min: 0, max: 255 }), cut: fc.boolean() }),
      { maxLength: 20 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...REPORTS),
        damage,
        fc.integer({ min: 1, max: 5000 }),
        async (name, changes, chunkSize) => {
          let bytes = Buffer.from(textOf(name));
          for (const { at, byte, cut } of changes) {
            if (bytes.length === 0) break;
            if (cut) bytes = bytes.subarray(0, Math.max(1, bytes.length - (at % 200)));
            else bytes[at % bytes.length] = byte;
          }
          const converted = await convert(bytes, chunkSize);
          const { result, problemCount, problems } = converted;
          expect(garakResultSchema.parse(result)).toEqual(result);
          const bad = bytes
            .toString('utf8')
            .split('\n')
            .filter((line) => line.trim() !== '' && !isObject(line)).length;
          expect(problemCount).toBeGreaterThanOrEqual(bad);
          expect(problems.length).toBe(Math.min(100, problemCount));
          expect(result.summary.error_count).toBeGreaterThanOrEqual(problemCount);
        },
      ),
      { numRuns: 200 },
    );
  });
});

function isObject(line: string): boolean {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
