// What `POST /api/query/advanced` takes, as zod schema. Which columns and values go together is checked by the compiler
// of the query (src/data), which knows them.

import { z } from 'zod';
import {
  ADVANCED_COLUMNS,
  ADVANCED_INTERVALS,
  ADVANCED_LIMITS,
  ADVANCED_OPERATORS,
} from './advanced-query.ts';

const valueSchema = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'is neither text, number, boolean nor null',
});
const columnSchema = z.string().max(64);

const comparisonSchema = z
  .strictObject({
    column: columnSchema,
    op: z.enum(ADVANCED_OPERATORS),
    value: z.union(
      [
        valueSchema,
        z.array(valueSchema).max(ADVANCED_LIMITS.list, `has more than ${ADVANCED_LIMITS.list} values`),
      ],
      {
        error: 'is neither a value nor a list of values',
      },
    ),
  })
  .meta({ id: 'AdvancedComparison' });

type Comparison = z.infer<typeof comparisonSchema>;
type Condition = Comparison | { and: Condition[] } | { or: Condition[] } | { not: Condition };

const conditionSchema: z.ZodType<Condition> = z
  .lazy(() =>
    z.union(
      [
        comparisonSchema,
        z.strictObject({ and: z.array(conditionSchema).max(ADVANCED_LIMITS.conditions) }),
        z.strictObject({ or: z.array(conditionSchema).max(ADVANCED_LIMITS.conditions) }),
        z.strictObject({ not: conditionSchema }),
      ],
      { error: 'is no condition: column, op and value, or exactly one of and, or and not' },
    ),
  )
  .meta({ id: 'AdvancedCondition' });

const nameSchema = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/);

const advancedAggregationSchema = z
  .discriminatedUnion('type', [
    z.strictObject({ name: nameSchema, type: z.literal('count'), column: columnSchema.optional() }),
    z.strictObject({ name: nameSchema, type: z.literal('distinct'), column: columnSchema }),
    z.strictObject({
      name: nameSchema,
      type: z.literal('terms'),
      column: columnSchema,
      size: z.int().min(1).max(ADVANCED_LIMITS.terms).optional(),
    }),
    z.strictObject({ name: nameSchema, type: z.literal('stats'), column: columnSchema }),
    z.strictObject({
      name: nameSchema,
      type: z.literal('date_histogram'),
      column: columnSchema,
      interval: z.enum(ADVANCED_INTERVALS),
    }),
  ])
  .meta({ id: 'AdvancedAggregation' });

export const advancedQuerySchema = z
  .strictObject({
    source: z.enum(Object.keys(ADVANCED_COLUMNS) as (keyof typeof ADVANCED_COLUMNS)[]),
    where: conditionSchema.optional(),
    group_by: z.array(columnSchema).max(ADVANCED_LIMITS.groups).optional(),
    aggregations: z.array(advancedAggregationSchema).max(ADVANCED_LIMITS.aggregations).optional(),
    sort: z
      .array(z.strictObject({ column: columnSchema, direction: z.enum(['asc', 'desc']).optional() }))
      .max(ADVANCED_LIMITS.sort)
      .optional(),
    page: z
      .strictObject({
        limit: z.int().min(1).max(ADVANCED_LIMITS.limit).optional(),
        offset: z.int().min(0).max(ADVANCED_LIMITS.offset).optional(),
        cursor: z.string().max(1024).optional(),
      })
      .optional(),
  })
  .meta({ id: 'AdvancedQuery' });
