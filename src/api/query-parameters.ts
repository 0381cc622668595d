// The parameters of the query endpoints.

import { z } from '@hono/zod-openapi';
import { OFFSET_LIMIT } from '../data/page.ts';
import { TIMELINE_BUCKETS } from '../data/query-types.ts';
import { EVENT_TYPES, RISK_LEVELS } from '../model/event.ts';
import { SESSION_STATES } from '../model/session.ts';
import {
  flagParameter,
  limitParameter,
  nameParameter,
  oneOfParameter,
  queryOf,
  sessionIdSchema,
  severalOfParameter,
  timeParameter,
  wholeNumber,
} from './parameters.ts';

const paging = {
  limit: limitParameter,
  // The store refuses what is beyond its limit, and says what leads further.
  offset: wholeNumber(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({
      description: `Rows to leave out, ${OFFSET_LIMIT} at the most; a cursor leads further.`,
      maximum: OFFSET_LIMIT,
    }),
  cursor: z
    .string()
    .max(1024)
    .optional()
    .meta({ description: '`next_cursor` of the page before, with the same filters and order.' }),
  total: flagParameter.optional().meta({
    description:
      'Whether to count all rows that match; true by default. A search by `q` has a total only where a page without a cursor is its last.',
  }),
};

const span = {
  from: timeParameter('start')
    .optional()
    .meta({ description: `From this time on: ${timeForms()}.` }),
  to: timeParameter('end')
    .optional()
    .meta({ description: 'Up to this time, which is not included; a date is.' }),
};

/** Both say where the span begins. */
function oneBeginning({ days, from }: { days?: unknown; from?: unknown }): boolean {
  return days === undefined || from === undefined;
}
const TWO_BEGINNINGS = { path: ['days'], message: 'does not go with `from`: both say where the span begins' };

/** Each session counts its own events: of all together a number says nothing. */
function ofOneSession({ after_seq, session }: { after_seq?: unknown; session?: unknown }): boolean {
  return after_seq === undefined || session !== undefined;
}
const NO_SESSION = { path: ['after_seq'], message: 'goes with `session` only, whose events it counts' };

const agent = nameParameter.optional().meta({ description: 'Only this agent.' });
const session = sessionIdSchema.optional().meta({ description: 'Only this session.' });
const sort = oneOfParameter(['newest', 'oldest']).optional();

export const extractionParameters = queryOf({
  agent,
  session,
  type: severalOfParameter(EVENT_TYPES)
    .optional()
    .meta({ description: `Only these types, separated by commas: ${EVENT_TYPES.join(', ')}.` }),
  pattern: nameParameter.optional().meta({ description: 'Only this pattern.' }),
  risk: oneOfParameter(RISK_LEVELS).optional().meta({ description: 'Exactly this risk level.' }),
  min_risk: oneOfParameter(RISK_LEVELS)
    .optional()
    .meta({ description: 'This risk level and those above it.' }),
  ...span,
  q: z
    .string()
    .min(1, 'is empty')
    .max(256, 'is longer than 256 characters')
    .optional()
    .meta({ description: 'Text that the value or its line contains, in any case.' }),
  after_seq: wholeNumber(0, Number.MAX_SAFE_INTEGER)
    .optional()
    .meta({ description: 'Only events after this number of the session; together with `session`.' }),
  sort: sort.meta({ description: 'newest by default.' }),
  ...paging,
}).refine(ofOneSession, NO_SESSION);

export const codeBlockParameters = queryOf({
  agent,
  session,
  language: nameParameter.optional().meta({ description: 'Only blocks in this language.' }),
  digest: z
    .string()
    .regex(/^[0-9a-f]{6,64}$/, 'is no digest: 6 to 64 lower-case hexadecimal digits')
    .optional()
    .meta({ description: 'SHA-256 of the content, or its first digits.' }),
  ...span,
  ...paging,
});

export const sessionParameters = queryOf({
  agent,
  days: wholeNumber(1, 36_500)
    .optional()
    .meta({ description: 'Started in the last days; not together with `from`.' }),
  state: oneOfParameter(SESSION_STATES).optional().meta({ description: 'Whose latest state is this.' }),
  active: flagParameter
    .optional()
    .meta({ description: 'Only those that have not ended, or only those that have.' }),
  ...span,
  ...paging,
}).refine(oneBeginning, TWO_BEGINNINGS);

export const timelineParameters = queryOf({
  agent,
  type: oneOfParameter(EVENT_TYPES).optional().meta({ description: 'Only this type.' }),
  ...span,
  days: wholeNumber(1, 36_500)
    .optional()
    .meta({ description: 'This many days before `to`; 7 by default, not together with `from`.' }),
  bucket: oneOfParameter(['auto', ...TIMELINE_BUCKETS])
    .optional()
    .meta({ description: 'Length of a bucket; auto, by the length of the span, by default.' }),
  sort: sort.meta({ description: 'oldest by default: a timeline runs forward.' }),
  ...paging,
}).refine(oneBeginning, TWO_BEGINNINGS);

function timeForms(): string {
  return '2026-11-21, 2026-11-21T10:00Z, 2h (ago) or milliseconds since 1970';
}
