// garak's own report as a GarakResult. The totals are those of the report's eval lines; where there is none for a probe and
// its detector (a run that was cut short), they are counted from its attempts. A line that cannot be read costs that line:
// it is kept with its number and counted among the errors of the summary.

import type { GarakCluster, GarakFinding, GarakResult } from '../model/scan.ts';
import { type GarakEntry, readGarakEntry } from './garak-entry.ts';

/** A line that could not be used. */
export interface LineProblem {
  /** From 1. */
  readonly line: number;
  /** A clause such as "is no valid JSON". */
  readonly reason: string;
}

export interface GarakConversion {
  readonly result: GarakResult;
  /** The first hundred of the lines that could not be used. */
  readonly problems: readonly LineProblem[];
  readonly problemCount: number;
  /** Lines that told something of a probe. Without any, the file was no report. */
  readonly entries: number;
}

/** Outputs of one probe as judged by one detector. */
interface Tally {
  passed: number;
  failed: number;
  unjudged: number;
}
interface Pair {
  readonly probe: string;
  readonly detector: string;
  readonly counted: Tally;
  evaluated: Tally | undefined;
  worst: GarakFinding | undefined;
}

/** garak's own default: from this score on an output counts as a hit. */
const DEFAULT_THRESHOLD = 0.5;
const MOST_PROBLEMS = 100;
/** Findings with their texts that one document holds; all of them are counted. */
const MOST_FINDINGS = 10_000;

export class GarakConverter {
  readonly #reportPath: string;
  readonly #pairs = new Map<string, Pair>();
  readonly #findings: GarakFinding[] = [];
  readonly #problems: LineProblem[] = [];
  #findingCount = 0;
  #problemCount = 0;
  #entries = 0;
  #threshold = DEFAULT_THRESHOLD;
  #run: string | undefined;
  #startTime: string | undefined;

  /** @param reportPath as the result is to name it */
  constructor(reportPath: string) {
    this.#reportPath = reportPath;
  }

  /** Takes the next line without its end. @param number of the line, from 1 */
  line(text: string, number: number): void {
    if (text.trim() === '') return;
    const entry = readGarakEntry(text);
    if (typeof entry === 'string') this.unusable(number, entry);
    else this.#take(entry);
  }

  /** Notes a line that nobody could read. */
  unusable(line: number, reason: string): void {
    this.#problemCount++;
    if (this.#problems.length < MOST_PROBLEMS) this.#problems.push({ line, reason });
  }

  /**
   * The result of all lines so far.
   *
   * @param fallback what to take where the report does not say it
   */
  finish(fallback: { readonly auditId: string; readonly timestamp: string }): GarakConversion {
    const auditId = this.#run ?? fallback.auditId;
    const pairs = [...this.#pairs.values()];
    const tallies = pairs.map((pair) => pair.evaluated ?? pair.counted);
    const sum = (count: (tally: Tally) => number) =>
      tallies.reduce((total, tally) => total + count(tally), 0);
    const passed = sum((tally) => tally.passed);
    const failed = sum((tally) => tally.failed);
    const probes = [...new Set(pairs.map((pair) => pair.probe))];
    const failures = probes
      .map((probe) => ({ probe, count: failuresOf(pairs, probe) }))
      .filter(({ count }) => count > 0);
    const findings = this.#findings.map((finding) => ({ ...finding, audit_id: auditId }));
    const clusters = clustersOf(pairs, auditId);
    const result: GarakResult = {
      audit_id: auditId,
      timestamp: this.#startTime ?? fallback.timestamp,
      summary: {
        total_results: passed + failed,
        pass_count: passed,
        fail_count: failed,
        error_count: sum((tally) => tally.unjudged) + this.#problemCount,
        probes_tested: probes,
        failing_probes: failures.map(({ probe }) => probe),
      },
      vulnerability_clusters: { clusters, count: clusters.length },
      vulnerable_probes: {
        summary: failures.map(({ probe, count }) => ({
          probe_name: probe,
          status: 'vulnerable',
          vulnerability_count: count,
          affected_component: 'unknown',
          audit_id: auditId,
        })),
        count: failures.length,
      },
      vulnerability_findings: { results: findings, total_count: this.#findingCount },
      formatted_report: formatted(pairs, this.#problems, this.#problemCount),
      metadata: {
        report_path: this.#reportPath,
        audit_id: auditId,
        affected_component: 'unknown',
        total_vulnerability_clusters: clusters.length,
        total_vulnerable_probes: failures.length,
        total_vulnerability_findings: this.#findingCount,
      },
    };
    return {
      result,
      problems: this.#problems,
      problemCount: this.#problemCount,
      entries: this.#entries,
    };
  }

  #take(entry: GarakEntry): void {
    if (entry.kind === 'setup') {
      this.#threshold = entry.threshold ?? this.#threshold;
    } else if (entry.kind === 'init') {
      this.#run ??= entry.run;
      this.#startTime ??= entry.startTime;
    } else if (entry.kind === 'eval') {
      this.#entries++;
      const pair = this.#pair(entry.probe, entry.detector);
      // Reports that were put together have an eval of each of their parts.
      pair.evaluated ??= { passed: 0, failed: 0, unjudged: 0 };
      pair.evaluated.passed += entry.passed;
      pair.evaluated.failed += entry.failed;
      pair.evaluated.unjudged += entry.unjudged;
    } else if (entry.kind === 'attempt') {
      this.#entries++;
      for (const { detector, scores } of entry.results) {
        const pair = this.#pair(entry.probe, detector);
        for (const [index, score] of scores.entries()) {
          if (score === null) pair.counted.unjudged++;
          else if (score < this.#threshold) pair.counted.passed++;
          else this.#hit(pair, score, entry.prompt, entry.outputs[index] ?? '');
        }
      }
    }
  }

  #hit(pair: Pair, score: number, prompt: string, output: string): void {
    pair.counted.failed++;
    this.#findingCount++;
    const finding: GarakFinding = {
      probe_name: pair.probe,
      status: 'fail',
      detector_name: pair.detector,
      detector_score: score,
      detection_reason: `${pair.detector} scored ${score}, which is at or above the threshold of ${this.#threshold}`,
      prompt,
      output,
      affected_component: 'unknown',
      audit_id: '',
    };
    if (this.#findings.length < MOST_FINDINGS) this.#findings.push(finding);
    if (pair.worst === undefined || pair.worst.detector_score < score) pair.worst = finding;
  }

  #pair(probe: string, detector: string): Pair {
    const key = JSON.stringify([probe, detector]);
    let pair = this.#pairs.get(key);
    if (pair === undefined) {
      const counted = { passed: 0, failed: 0, unjudged: 0 };
      pair = { probe, detector, counted, evaluated: undefined, worst: undefined };
      this.#pairs.set(key, pair);
    }
    return pair;
  }
}

function failuresOf(pairs: readonly Pair[], probe: string): number {
  return pairs
    .filter((pair) => pair.probe === probe)
    .reduce((total, pair) => total + (pair.evaluated ?? pair.counted).failed, 0);
}

/** One cluster for each family of probes (`dan` of `dan.Dan_11_0`) and the detector that was hit. */
function clustersOf(pairs: readonly Pair[], auditId: string): GarakCluster[] {
  const groups = new Map<string, Pair[]>();
  for (const pair of pairs) {
    if ((pair.evaluated ?? pair.counted).failed === 0) continue;
    const id = `${familyOf(pair.probe)}/${pair.detector}`;
    groups.set(id, [...(groups.get(id) ?? []), pair]);
  }
  return [...groups].map(([id, group]) => {
    const rate = failureRate(group);
    const worst = group
      .map((pair) => pair.worst)
      .filter((finding) => finding !== undefined)
      .reduce<GarakFinding | undefined>(
        (most, next) => (most === undefined || next.detector_score > most.detector_score ? next : most),
        undefined,
      );
    return {
      cluster_id: id,
      category: familyOf(group[0]!.probe),
      severity: rate >= 0.5 ? 'high' : rate >= 0.1 ? 'medium' : 'low',
      affected_component: 'unknown',
      audit_id: auditId,
      evidence: {
        input_payload: worst?.prompt ?? '',
        error_response: worst?.output ?? '',
        // An eval without its attempts tells how often only.
        confidence_score: worst?.detector_score ?? rate,
      },
    };
  });
}

function failureRate(pairs: readonly Pair[]): number {
  let failed = 0;
  let total = 0;
  for (const pair of pairs) {
    const tally = pair.evaluated ?? pair.counted;
    failed += tally.failed;
    total += tally.failed + tally.passed;
  }
  return total === 0 ? 0 : failed / total;
}

function familyOf(probe: string): string {
  return probe.split('.')[0] || probe;
}

function formatted(pairs: readonly Pair[], problems: readonly LineProblem[], problemCount: number): string {
  const rows = pairs.map((pair) => {
    const { passed, failed, unjudged } = pair.evaluated ?? pair.counted;
    return `| ${[pair.probe, pair.detector, passed, failed, unjudged].map(cell).join(' | ')} |`;
  });
  const notes = problems.map(({ line, reason }) => `- line ${line} ${reason}`);
  const more = problemCount > problems.length ? [`- and ${problemCount - problems.length} more`] : [];
  return [
    '| probe | detector | passed | failed | not judged |',
    '|---|---|---:|---:|---:|',
    ...rows,
    ...(problemCount === 0 ? [] : ['', 'Lines of the report that could not be used:', '', ...notes, ...more]),
  ].join('\n');
}

function cell(value: string | number): string {
  return String(value).replaceAll('|', '\\|').replaceAll(/\s+/g, ' ');
}
