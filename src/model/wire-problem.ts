// The one shape of every error answer, as zod schema: an RFC 9457 problem document.

import { z } from 'zod';
import { PROBLEM_CODES } from './problem.ts';
import { runRecordSchema } from './wire-run.ts';

export const problemSchema = z
  .object({
    /** A name, not an address: there is nothing to fetch. */
    type: z.string().meta({ examples: ['urn:wrapper:problem:session_unknown'] }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.enum(PROBLEM_CODES).meta({ id: 'ProblemCode' }),
    request_id: z.string(),
    hint: z.string().optional(),
    /** A run that has taken place and could not be stored: its outcome is nowhere else in this answer. */
    run: runRecordSchema.optional(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  })
  .meta({ id: 'Problem' });
export type ProblemDocument = z.infer<typeof problemSchema>;
