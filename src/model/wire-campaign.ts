// Campaigns and scans as the server takes and gives them, as zod schemas; campaign.ts makes such objects.

import { z } from 'zod';
import { CAMPAIGN_STATUSES } from './campaign.ts';
import { SCAN_ID, SCAN_ID_FORM, scanResultSummarySchema } from './scan.ts';
import { timestampSchema } from './wire.ts';

const text = z.string().min(1).max(4096);
const tags = z.array(text).max(1000);

/** An id of a campaign or of a scan. */
export const namedIdSchema = z.string().regex(SCAN_ID, `is no id: ${SCAN_ID_FORM}`);

const stageSchema = z.strictObject({
  complete: z.boolean(),
  in_progress: z.boolean(),
  scan_id: z.string().nullable(),
  error: z.string().nullable(),
  session_id: z.string().nullable(),
});

export const campaignSchema = z.strictObject({
  campaign_id: z.string(),
  name: z.string(),
  target_url: z.string(),
  description: z.string().nullable(),
  status: z.enum(CAMPAIGN_STATUSES),
  tags: z.array(z.string()),
  recon_complete: z.boolean(),
  garak_complete: z.boolean(),
  exploit_complete: z.boolean(),
  recon_scan_id: z.string().nullable(),
  garak_scan_id: z.string().nullable(),
  exploit_scan_id: z.string().nullable(),
  progress_summary: z.string(),
  failure_reason: z.string().nullable(),
  stages: z.strictObject({ recon: stageSchema, garak: stageSchema, exploit: stageSchema }),
  created_at: timestampSchema,
  updated_at: timestampSchema,
});

export const campaignsSchema = z.strictObject({
  campaigns: z.array(campaignSchema),
  limit: z.int(),
  offset: z.int(),
  has_more: z.boolean(),
});

export const newCampaignSchema = z.strictObject({
  name: text,
  target_url: text,
  description: z.string().max(4096).nullish(),
  tags: tags.optional(),
  campaign_id: namedIdSchema.optional(),
});

export const failCampaignSchema = z.strictObject({ reason: text.optional() });
export const renameCampaignSchema = z.strictObject({ name: text });
export const tagCampaignSchema = z.strictObject({ add: tags.optional(), remove: tags.optional() });
export const stageChangeSchema = z.strictObject({
  state: z.enum(['in_progress', 'complete', 'failed']),
  /** Of a stored scan; for `complete`. */
  scan_id: namedIdSchema.optional(),
  /** For `failed`. */
  reason: text.optional(),
});

export const scanKeysSchema = z.strictObject({
  keys: z.strictObject({
    recon: z.string().optional(),
    garak: z.string().optional(),
    exploit: z.string().optional(),
  }),
});

export const deletedSchema = z.strictObject({ deleted: z.literal(true) });
/** What a DELETE carries. */
export const nothingSchema = z.strictObject({});

export const scansSchema = z.strictObject({
  scans: z.array(scanResultSummarySchema),
  limit: z.int(),
  offset: z.int(),
  has_more: z.boolean(),
});
