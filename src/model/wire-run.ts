// The shapes of run.ts as zod schemas: for what comes in (plan files, requests) and for what goes out (snapshots, answers,
// events). The compiler checks each against the interface of the same name.

import { z } from 'zod';
import { DURATION_FORMS } from './duration-input.ts';
import { RISK_LEVELS } from './event.ts';
import {
  type AttemptResult,
  type ExecutionResult,
  LONGEST_OBJECTIVE,
  MOST_PARALLEL,
  MOST_STEPS,
  type PlannedStep,
  type PlanResult,
  RUN_ID,
  RUN_OUTCOMES,
  type RunRecord,
  type RunSummary,
  STEP_STATUSES,
  type StepResult,
} from './run.ts';
import { timestampSchema } from './wire.ts';
import {
  agentNameSchema,
  argument,
  environmentSchema,
  label,
  MOST_WORDS,
  retriesSchema,
  timeoutSchema,
} from './wire-agent.ts';

export const goalSchema = argument(LONGEST_OBJECTIVE)
  .refine((text) => text.trim() !== '', 'is empty')
  .refine((text) => !text.startsWith('-'), 'begins with "-", which an agent would take for an option')
  .meta({ examples: ['Read the file README.md'] });

const commandSchema = z.union(
  [
    argument(100_000).refine((text) => text.trim() !== '', 'is empty'),
    z
      .array(argument(100_000))
      .min(1, 'is an empty list')
      .max(MOST_WORDS, `has more than ${MOST_WORDS} words`)
      .refine((words) => words[0]?.trim() !== '', 'names no program'),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union' ? 'must be a text for the shell, or a list of words' : undefined,
  },
);

/** What is not even an object; any other mistake says what it is. */
const notKeysAndValues = ({ code }: { code?: string }): string | undefined =>
  code === 'invalid_type' ? 'must be keys and values' : undefined;

/** A step as a plan file has it. What is left out has its default (see `PlannedStep`). */
export const stepInputSchema = z.strictObject(
  {
    name: label(100)
      .refine((text) => text.trim() === text, 'begins or ends with white space')
      .optional()
      .meta({ description: 'Unique in the plan; step-1, step-2, … by default' }),
    agent: agentNameSchema,
    command: commandSchema.meta({
      description: 'A text for /bin/sh -c, or a program and its arguments as a list',
    }),
    cwd: argument(4096)
      .min(1, 'is empty')
      .nullable()
      .optional()
      .meta({ description: 'Relative to the folder in which the run is started' }),
    env: environmentSchema.optional().meta({ description: 'Added to the environment' }),
    timeout: timeoutSchema
      .nullable()
      .optional()
      .meta({ description: `For each attempt: ${DURATION_FORMS}`, examples: ['5m'] }),
    retries: retriesSchema.optional().meta({ description: 'Attempts after the first' }),
    continue_on_failure: z.boolean('must be true or false').optional(),
    needs: z
      .array(label(100), 'must be a list of names')
      .max(MOST_STEPS)
      .optional()
      .meta({ description: 'Steps that must have ended before; by default the step before, [] for none' }),
  },
  { error: notKeysAndValues },
);
export type StepInput = z.infer<typeof stepInputSchema>;

/** A plan as a file or a request has it. */
export const planInputSchema = z
  .strictObject(
    {
      objective: argument(LONGEST_OBJECTIVE).refine((text) => text.trim() !== '', 'is empty'),
      max_parallel: z
        .int('must be a whole number')
        .min(1, 'must be a whole number from 1 on')
        .max(MOST_PARALLEL, `is more than ${MOST_PARALLEL}`)
        .optional()
        .meta({ description: 'Steps that may run at once; 4 by default' }),
      steps: z
        .array(stepInputSchema, 'must be a list of steps')
        .min(1, 'is empty')
        .max(MOST_STEPS, `has more than ${MOST_STEPS} steps`),
    },
    { error: notKeysAndValues },
  )
  .meta({ id: 'PlanInput' });
export type PlanInput = z.infer<typeof planInputSchema>;

/** The body of `POST /api/v1/run`. */
export const runRequestSchema = z
  .union([
    z.strictObject({
      goal: goalSchema,
      agent: agentNameSchema
        .optional()
        .meta({ description: 'Whose profile is used; the default agent if absent' }),
    }),
    z.strictObject({ plan: planInputSchema }),
  ])
  .meta({ id: 'RunRequest' });

const runIdSchema = z
  .string()
  .regex(RUN_ID)
  .meta({ examples: ['7a1d0c3e-5b2f-4e8a-9c61-0d2f4b6a8e10'] });

const plannedStepSchema = z.object({
  name: z.string(),
  agent: z.string(),
  command: z.union([z.string(), z.array(z.string())]),
  cwd: z.string().nullable(),
  env: z.record(z.string(), z.string()),
  timeout: z.number().nullable(),
  retries: z.int(),
  continue_on_failure: z.boolean(),
  needs: z.array(z.string()),
}) satisfies z.ZodType<PlannedStep>;

const planResultSchema = z
  .object({
    plan_id: z.string(),
    objective: z.string(),
    max_parallel: z.int(),
    steps: z.array(plannedStepSchema),
  })
  .meta({ id: 'PlanResult' }) satisfies z.ZodType<PlanResult>;

const endFields = {
  session_id: z.string().nullable(),
  exit_code: z.int().nullable(),
  signal: z.string().nullable(),
  events: z.int(),
  reason: z.string().nullable(),
};

const attemptResultSchema = z.object({
  attempt: z.int(),
  status: z.enum(STEP_STATUSES).exclude(['skipped']),
  started_at: timestampSchema,
  ended_at: timestampSchema,
  duration_ms: z.number(),
  lines: z.int(),
  events_by_type: z.record(z.string(), z.int()),
  highest_risk: z.enum(RISK_LEVELS),
  ...endFields,
}) satisfies z.ZodType<AttemptResult>;

const stepResultSchema = z
  .object({
    name: z.string(),
    agent: z.string(),
    status: z.enum(STEP_STATUSES),
    started_at: timestampSchema.nullable(),
    ended_at: timestampSchema.nullable(),
    duration_ms: z.number().nullable(),
    attempts: z.array(attemptResultSchema),
    ...endFields,
  })
  .meta({ id: 'StepResult' }) satisfies z.ZodType<StepResult>;

const executionResultSchema = z
  .object({
    execution_id: z.string(),
    plan_id: z.string(),
    success: z.boolean(),
    outcome: z.enum(RUN_OUTCOMES),
    cwd: z.string(),
    started_at: timestampSchema,
    ended_at: timestampSchema,
    duration_ms: z.number(),
    steps: z.array(stepResultSchema),
  })
  .meta({ id: 'ExecutionResult' }) satisfies z.ZodType<ExecutionResult>;

const summaryFields = {
  run_id: runIdSchema,
  plan_id: z.string(),
  objective: z.string(),
  created_at: z.number().meta({ description: 'Seconds since 1970' }),
};

export const runRecordSchema = z
  .object({ ...summaryFields, plan_result: planResultSchema, execution_result: executionResultSchema })
  .meta({ id: 'RunRecord' }) satisfies z.ZodType<RunRecord>;

const runSummarySchema = z
  .object({ ...summaryFields, success: z.boolean(), outcome: z.enum(RUN_OUTCOMES) })
  .meta({ id: 'RunSummary' }) satisfies z.ZodType<RunSummary>;

/** The answer to `POST /api/v1/run` and to `GET /api/v1/runs/{run_id}`. */
export const runDetailSchema = z.object({ run: runRecordSchema });

export const runsListSchema = z.object({
  runs: z.array(runSummarySchema),
  limit: z.int(),
  offset: z.int(),
});

/** The answer when it was not to be waited for. */
export const runAcceptedSchema = z.object({ run_id: runIdSchema, plan_id: z.string() });
