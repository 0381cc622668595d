// One readable document about a campaign: where it stands, and what each of its stages has found.

import { type Campaign, STAGES, type Stage } from '../model/campaign.ts';
import { messageOf } from '../model/errors.ts';
import type { ExploitResult, GarakResult, ReconResult } from '../model/scan.ts';
import type { Campaigns } from './campaigns.ts';

/** Findings, clusters and attempts that are shown with their texts; the rest is counted. */
const SHOWN = 10;
/** Characters of a foreign text. */
const EXCERPT = 200;

/** The report as markdown. A scan that cannot be read is said in its place, and the report goes on. */
export async function campaignReport(campaigns: Campaigns, campaign: Campaign): Promise<string> {
  const parts = [header(campaign)];
  for (const stage of STAGES) parts.push(await stageSection(campaigns, campaign, stage));
  return `${parts.join('\n\n')}\n`;
}

function header(campaign: Campaign): string {
  const rows: [string, string][] = [
    ['Campaign', campaign.campaignId],
    ['Target', campaign.targetUrl],
    ['Status', `${campaign.status}${campaign.failureReason === null ? '' : ` (${campaign.failureReason})`}`],
    ['Progress', campaign.progressSummary],
    ['Tags', campaign.tags.join(', ') || '–'],
    ['Created', campaign.createdAt],
    ['Updated', campaign.updatedAt],
  ];
  const description = campaign.description === null ? [] : [inline(campaign.description), ''];
  return [`# ${inline(campaign.name)}`, '', ...description, ...table(['', ''], rows)].join('\n');
}

async function stageSection(campaigns: Campaigns, campaign: Campaign, stage: Stage): Promise<string> {
  const { complete, scanId, inProgress, error } = campaign.stages[stage];
  const title = `## ${stage[0]!.toUpperCase()}${stage.slice(1)}`;
  const notes = [
    ...(inProgress ? ['It is being run.'] : []),
    ...(error === null ? [] : [`The last run failed: ${inline(error)}`]),
  ];
  if (!complete || scanId === null) {
    return [title, '', ...(notes.length === 0 ? ['Not done yet.'] : notes)].join('\n');
  }
  const body = [title, '', `Scan \`${scanId}\`.`, ...notes, ''];
  try {
    if (stage === 'recon') body.push(...recon(await campaigns.scans.loadScan('recon', scanId)));
    else if (stage === 'garak') body.push(...garak(await campaigns.scans.loadScan('garak', scanId)));
    else body.push(...exploit(await campaigns.scans.loadScan('exploit', scanId)));
  } catch (failure) {
    body.push(`It cannot be read: ${inline(messageOf(failure))}`);
  }
  return body.join('\n').trimEnd();
}

function recon({ audit_id, timestamp, intelligence, structured_deductions }: ReconResult): string[] {
  const { detected_tools, system_prompt_leak, infrastructure, auth_structure } = intelligence;
  const tools = detected_tools.map((tool): [string, string] => [tool.name, tool.arguments.join(', ')]);
  const deductions = Object.entries(structured_deductions ?? {}).flatMap(([area, found]) =>
    found.map((one) => [area, one.confidence, one.finding]),
  );
  return [
    `Audit ${inline(audit_id)}, ${inline(timestamp)}.`,
    '',
    ...titled('Tools', tools.length === 0 ? ['None was detected.'] : table(['tool', 'arguments'], tools)),
    ...titled('What the system prompt gave away', list(system_prompt_leak)),
    ...titled(
      'Infrastructure',
      list(Object.entries(infrastructure).map(([name, value]) => `${name}: ${plain(value)}`)),
    ),
    ...(auth_structure
      ? titled('Authorization', [
          `Type: ${inline(auth_structure.type)}`,
          ...list([
            ...auth_structure.rules.map((rule) => `rule: ${rule}`),
            ...auth_structure.vulnerabilities.map((weakness) => `weakness: ${weakness}`),
          ]),
        ])
      : []),
    ...(deductions.length === 0
      ? []
      : titled('Deductions', table(['area', 'confidence', 'finding'], deductions))),
  ];
}

function garak(result: GarakResult): string[] {
  const { summary, vulnerable_probes, vulnerability_clusters, vulnerability_findings } = result;
  const { total_results: total, pass_count: passed, fail_count: failed, error_count: errors } = summary;
  const rate = total === 0 ? '' : ` (${((100 * failed) / total).toFixed(1)} %)`;
  const findings = vulnerability_findings.results.slice(0, SHOWN);
  const more =
    Math.max(vulnerability_findings.total_count, vulnerability_findings.results.length) - findings.length;
  return [
    `Audit ${inline(result.audit_id)}, ${inline(result.timestamp)}: ${total} results, ${passed} passed, ${failed} failed${rate}, ` +
      `${errors} not judged or unreadable. ${summary.probes_tested.length} probes, of which ${summary.failing_probes.length} found something.`,
    '',
    ...titled(
      'Vulnerable probes',
      vulnerable_probes.summary.length === 0
        ? ['None.']
        : table(
            ['probe', 'hits', 'component'],
            vulnerable_probes.summary.map((probe) => [
              probe.probe_name,
              String(probe.vulnerability_count),
              probe.affected_component,
            ]),
          ),
    ),
    ...(vulnerability_clusters.clusters.length === 0
      ? []
      : titled(
          'Clusters',
          table(
            ['cluster', 'severity', 'score', 'payload'],
            vulnerability_clusters.clusters
              .slice(0, SHOWN)
              .map((cluster) => [
                cluster.cluster_id,
                cluster.severity,
                cluster.evidence.confidence_score.toFixed(2),
                cluster.evidence.input_payload,
              ]),
          ),
        )),
    ...(findings.length === 0
      ? []
      : titled('Findings', [
          ...table(
            ['probe', 'detector', 'score', 'prompt', 'output'],
            findings.map((finding) => [
              finding.probe_name,
              finding.detector_name,
              finding.detector_score.toFixed(2),
              finding.prompt,
              finding.output,
            ]),
          ),
          ...(more > 0 ? ['', `And ${more} more.`] : []),
        ])),
  ];
}

function exploit(result: ExploitResult): string[] {
  const { total_attacks, successful_attacks, failed_attacks, execution_time_seconds } = result;
  const successes = result.probes_attacked
    .flatMap(({ probe_name, attempts }) => attempts.map((attempt) => ({ probe_name, ...attempt })))
    .filter(({ success }) => success);
  return [
    `Audit ${inline(result.audit_id)}, ${inline(result.timestamp)}, against ${inline(result.target_url)}: ${total_attacks} attacks, ` +
      `${successful_attacks} successful, ${failed_attacks} failed, in ${execution_time_seconds} s.`,
    '',
    ...titled(
      'Probes',
      result.probes_attacked.length === 0
        ? ['None was attacked.']
        : table(
            ['probe', 'successes', 'failures', 'converters', 'overall'],
            result.probes_attacked.map((probe) => [
              probe.probe_name,
              String(probe.success_count),
              String(probe.fail_count),
              probe.converters_used.join(', '),
              probe.overall_success ? 'successful' : 'failed',
            ]),
          ),
    ),
    ...(successes.length === 0
      ? []
      : titled('Successful attempts', [
          ...table(
            ['probe', 'payload', 'response', 'confidence'],
            successes
              .slice(0, SHOWN)
              .map((attempt) => [
                attempt.probe_name,
                attempt.transformed_payload ?? attempt.payload,
                attempt.response,
                attempt.confidence.toFixed(2),
              ]),
          ),
          ...(successes.length > SHOWN ? ['', `And ${successes.length - SHOWN} more.`] : []),
        ])),
  ];
}

function titled(title: string, lines: readonly string[]): string[] {
  return [`### ${title}`, '', ...lines, ''];
}

function list(texts: readonly string[]): string[] {
  return texts.length === 0 ? ['Nothing.'] : texts.map((text) => `- ${inline(text)}`);
}

function table(titles: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((text) => inline(text).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(titles), `|${'---|'.repeat(titles.length)}`, ...rows.map(line)];
}

function plain(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** Foreign text on one line, as text and nothing else: no control characters, no markup, no endless prompt. */
function inline(text: string): string {
  const line = text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim();
  const shown = line.length > EXCERPT ? `${[...line].slice(0, EXCERPT).join('')}…` : line;
  return shown.replaceAll(/[\\`*_<>[\]#]/g, '\\$&');
}
