// The results of the three stages of a campaign, as they lie in object storage: ReconResult, GarakResult, ExploitResult, and
// the summary that is kept of each. Strict: a key that is not here is a mistake, and one that may be missing
// says so here. What may be missing may also be null, as programs in Python write it.

import { z } from 'zod';

/** The stages of a campaign, in their order; each yields a scan of the type of the same name. */
export const SCAN_TYPES = ['recon', 'garak', 'exploit'] as const;
export type ScanType = (typeof SCAN_TYPES)[number];

/** What a scan or campaign id from outside must look like before it touches a key, a path or a query. */
export const SCAN_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/;
/** What that pattern means, for an error message. */
export const SCAN_ID_FORM = 'letters, digits, ., _ and -, beginning with a letter or digit, at most 128';

const texts = z.array(z.string());
const listOf = <Item extends z.ZodType>(item: Item) => z.array(item).default([]);
const someTexts = texts.default([]);
const component = z.string().default('unknown');

const deductionSchema = z.strictObject({
  finding: z.string(),
  confidence: z.enum(['low', 'medium', 'high']),
});

const reconIntelligenceSchema = z.strictObject({
  system_prompt_leak: someTexts,
  detected_tools: listOf(z.strictObject({ name: z.string(), arguments: someTexts })),
  infrastructure: z.record(z.string(), z.json()),
  auth_structure: z
    .strictObject({ type: z.string().default('unknown'), rules: someTexts, vulnerabilities: someTexts })
    .nullish(),
});

export const reconResultSchema = z.strictObject({
  audit_id: z.string(),
  timestamp: z.string(),
  intelligence: reconIntelligenceSchema,
  raw_observations: z
    .strictObject({
      system_prompt: someTexts,
      tools: someTexts,
      authorization: someTexts,
      infrastructure: someTexts,
    })
    .nullish(),
  structured_deductions: z
    .strictObject({
      tools: listOf(deductionSchema),
      authorization: listOf(deductionSchema),
      system_prompt: listOf(deductionSchema),
      infrastructure: listOf(deductionSchema),
    })
    .nullish(),
});

const clusterSchema = z.strictObject({
  cluster_id: z.string(),
  category: z.string(),
  severity: z.string(),
  affected_component: component,
  audit_id: z.string(),
  evidence: z.strictObject({
    input_payload: z.string(),
    error_response: z.string(),
    confidence_score: z.number(),
  }),
});

const vulnerableProbeSchema = z.strictObject({
  probe_name: z.string(),
  status: z.string(),
  vulnerability_count: z.int(),
  affected_component: component,
  audit_id: z.string(),
});

const findingSchema = z.strictObject({
  probe_name: z.string(),
  status: z.string(),
  detector_name: z.string(),
  detector_score: z.number(),
  detection_reason: z.string(),
  prompt: z.string(),
  output: z.string(),
  affected_component: component,
  audit_id: z.string(),
});

export const garakResultSchema = z.strictObject({
  audit_id: z.string(),
  timestamp: z.string(),
  summary: z.strictObject({
    total_results: z.int(),
    pass_count: z.int(),
    fail_count: z.int(),
    error_count: z.int().default(0),
    probes_tested: someTexts,
    failing_probes: someTexts,
  }),
  vulnerability_clusters: z.strictObject({ clusters: listOf(clusterSchema), count: z.int().default(0) }),
  vulnerable_probes: z.strictObject({ summary: listOf(vulnerableProbeSchema), count: z.int().default(0) }),
  vulnerability_findings: z.strictObject({ results: listOf(findingSchema), total_count: z.int().default(0) }),
  formatted_report: z.string().nullish(),
  metadata: z.strictObject({
    report_path: z.string(),
    audit_id: z.string(),
    affected_component: component,
    total_vulnerability_clusters: z.int().default(0),
    total_vulnerable_probes: z.int().default(0),
    total_vulnerability_findings: z.int().default(0),
  }),
});

const attemptSchema = z.strictObject({
  payload: z.string(),
  transformed_payload: z.string().nullish(),
  response: z.string(),
  success: z.boolean(),
  confidence: z.number(),
  reasoning: z.string(),
  timestamp: z.string(),
});

const probeAttackSchema = z.strictObject({
  probe_name: z.string(),
  pattern_analysis: z.strictObject({
    common_prompt_structure: z.string(),
    payload_encoding_type: z.string(),
    success_indicators: someTexts,
    reasoning_steps: someTexts,
    step_back_analysis: z.string(),
    confidence: z.number(),
  }),
  converters_used: someTexts,
  payloads_generated: z.int(),
  attempts: listOf(attemptSchema),
  success_count: z.int(),
  fail_count: z.int(),
  overall_success: z.boolean(),
});

export const exploitResultSchema = z.strictObject({
  audit_id: z.string(),
  target_url: z.string(),
  timestamp: z.string(),
  probes_attacked: listOf(probeAttackSchema),
  total_attacks: z.int(),
  successful_attacks: z.int(),
  failed_attacks: z.int(),
  recon_intelligence_used: z.boolean().default(false),
  execution_time_seconds: z.number(),
});

export const scanResultSummarySchema = z.strictObject({
  scan_id: z.string(),
  scan_type: z.enum(SCAN_TYPES),
  audit_id: z.string(),
  timestamp: z.string(),
  s3_key: z.string(),
  filename: z.string(),
});

export const SCAN_SCHEMAS = {
  recon: reconResultSchema,
  garak: garakResultSchema,
  exploit: exploitResultSchema,
} as const;

export type ReconResult = z.infer<typeof reconResultSchema>;
export type GarakResult = z.infer<typeof garakResultSchema>;
export type ExploitResult = z.infer<typeof exploitResultSchema>;
export type ScanResultSummary = z.infer<typeof scanResultSummarySchema>;
/** The result of each type of scan. */
export interface ScanResults {
  readonly recon: ReconResult;
  readonly garak: GarakResult;
  readonly exploit: ExploitResult;
}
export type GarakFinding = z.infer<typeof findingSchema>;
export type GarakCluster = z.infer<typeof clusterSchema>;

/** The key of a scan in object storage. */
export function scanKey(type: ScanType, scanId: string): string {
  return `scans/${type}/${scanId}.json`;
}
