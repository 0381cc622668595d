// Rate limits and quotas; tokens used and money spent.

import type { Pattern } from '../../model/pattern.ts';

const R = String.raw;

export const LIMIT_AND_USAGE_PATTERNS: readonly Pattern[] = [
  {
    name: 'rate_limited',
    type: 'rate_limit',
    description: 'A service refuses because of too many requests.',
    regex: R`(?:^|[^A-Za-z0-9_])(?:429 Too Many Requests|Too Many Requests|status(?: code)?:? 429|HTTP(?:/[0-9.]{1,3})? 429|rate[ _-]?limit(?:ed| (?:exceeded|reached|hit|error))|rate_limit_(?:exceeded|error)|RateLimitError:|overloaded_error|RESOURCE_EXHAUSTED)(?:[^A-Za-z0-9_(]|$)|(?:[:-] |[\"'])Overloaded(?:[\"'.,}]|$)`,
    flags: 'i',
    risk: 'low',
    samples: {
      match: [
        'Error: 429 Too Many Requests',
        'openai.RateLimitError: Rate limit reached for gpt-4',
        'API Error (529 overloaded_error)',
        '> litellm.InternalServerError: AnthropicException - Overloaded. Handle with x',
      ],
      noMatch: [
        'line 429: ok',
        'implement rate limiting',
        'overloading of operators',
        'litellm.exceptions.RateLimitError(',
        '- [Overloaded functions](#overloaded-functions)',
      ],
    },
  },
  {
    name: 'quota_exceeded',
    type: 'rate_limit',
    description: 'A quota or a plan’s limit is used up.',
    regex: R`(?:usage limit reached|(?:hit|reached) your (?:usage |session |weekly |5-hour |free )?limit|quota (?:exceeded|exhausted|reached)|exceeded your (?:current )?quota|insufficient_quota|limit will reset|out of (?:credits|extra usage)|credit balance is too low|monthly limit reached)`,
    flags: 'i',
    risk: 'medium',
    priority: 1,
    samples: {
      match: [
        "You've hit your usage limit. Try again at 5 pm.",
        'Quota exceeded for quota metric',
        'Your credit balance is too low to access the API',
      ],
      noMatch: ['the quota is large', 'limits are reset daily'],
    },
  },
  {
    name: 'retry_after',
    type: 'rate_limit',
    description: 'A request is tried again after a while.',
    regex: R`(?:retry-after: ?[0-9]{1,6}|(?:try again|retrying) in [0-9.]{1,9} ?(?:ms|s|seconds?|minutes?|m)\b.{0,40}(?:attempt|limit|$))`,
    flags: 'i',
    priority: -1,
    samples: {
      match: ['Retrying in 4 seconds… (attempt 2/10)', 'retry-after: 30', 'Please try again in 20s.'],
      noMatch: ['try again later', 'retry the test'],
    },
  },
  {
    name: 'aider_usage',
    type: 'usage',
    description: 'aider’s tokens and cost.',
    regex: R`^(?:> )?Tokens: (?<tokens_sent>[0-9.,]{1,12}[kM]?) sent, (?:(?<tokens_cached>[0-9.,]{1,12}[kM]?) cache [a-z]{3,6}, )?(?:[0-9.,]{1,12}[kM]? cache [a-z]{3,6}, )?(?<tokens_received>[0-9.,]{1,12}[kM]?) received\.(?: Cost: \$(?<cost_message>[0-9.]{1,12}) (?:message|request), \$(?<cost>[0-9.]{1,12}) session\.)?`,
    priority: 5,
    samples: {
      match: [
        'Tokens: 8.8k sent, 91 received. Cost: $0.03 message, $0.03 session.',
        '> Tokens: 12k sent, 1.2k received.',
      ],
      noMatch: ['Tokens: unknown', 'tokens sent'],
    },
  },
  {
    name: 'token_usage',
    type: 'usage',
    description: 'Tokens used, as codex and others print it.',
    regex: R`^[ │>]*(?:\[[^\]]{1,40}\] )?(?:[Tt]okens? used|TOKENS USED|[Tt]oken usage|[Tt]otal [Tt]okens|[Ii]nput [Tt]okens|[Oo]utput [Tt]okens|[Pp]rompt [Tt]okens|[Cc]ompletion [Tt]okens|[Cc]ached [Tt]okens)(?: \([a-z ]{1,20}\))?:? *(?:total=)?(?<tokens>[0-9][0-9,.]{0,14}[kKM]?)(?:[^0-9A-Za-z].{0,200})?$`,
    value: 'tokens',
    samples: {
      match: [
        'tokens used: 12,345',
        'Token usage: total=10,123 input=9,000 output=1,123',
        'Input tokens:  1234',
      ],
      noMatch: ['tokens used', 'token usage is high'],
    },
  },
  {
    name: 'cost',
    type: 'usage',
    description: 'Money spent.',
    regex: R`^[ │>]*(?:[Tt]otal |[Ss]ession |[Ee]stimated |API )?(?:[Cc]ost|[Ss]pend|[Ss]pent)(?: \(USD\))?: *(?:US)?\$(?<cost>[0-9][0-9.,]{0,14})`,
    value: 'cost',
    samples: {
      match: ['Total cost:            $0.55', 'Cost: $1.20'],
      noMatch: ['the cost is $5', 'Cost: unknown'],
    },
  },
  {
    name: 'context_left',
    type: 'usage',
    description: 'How much of the context window is left or used.',
    regex: R`(?<percent>[0-9]{1,3})% (?:context )?(?:left|remaining|used|until auto-compact)(?:[^A-Za-z]|$)`,
    value: 'percent',
    samples: {
      match: ['gpt-5.1-codex-max default · 100% left · ~/app', 'gemini-2.5-pro (99% context left)'],
      noMatch: ['50% of the users left', '10% faster'],
    },
  },
  {
    name: 'swe_agent_usage',
    type: 'usage',
    description: 'SWE-agent’s tokens and cost, of one call and in total.',
    regex: R`(?:input_tokens=(?<tokens_input>[0-9,]{1,14}), output_tokens=(?<tokens_output>[0-9,]{1,14}), instance_cost=[0-9.]{1,12}, cost=(?<cost>[0-9.]{1,12})|total_tokens_sent=(?<tokens_sent>[0-9,]{1,14}), total_tokens_received=(?<tokens_received>[0-9,]{1,14}), total_cost=(?<cost_total>[0-9.]{1,12}))`,
    priority: 5,
    samples: {
      match: [
        '2024-07-12 17:57:48,042 INFO input_tokens=3,705, output_tokens=48, instance_cost=0.04, cost=0.04',
        'total_tokens_sent=3,705, total_tokens_received=48, total_cost=0.04, total_api_calls=1',
      ],
      noMatch: ['input_tokens=3', 'total_cost_limit: 0.0'],
    },
  },
  {
    name: 'model_usage',
    type: 'usage',
    description: 'Tokens of one model, as Claude Code and Copilot CLI sum them up.',
    regex: R`^[ │>]*(?<model>[a-zA-Z][^ ].{0,60}?):? +(?<tokens_input>[0-9][0-9.,]{0,12}[kKmM]?) (?:input|in), (?<tokens_output>[0-9][0-9.,]{0,12}[kKmM]?) (?:output|out)(?:[^A-Za-z].{0,200})?$`,
    value: 'model',
    priority: 3,
    samples: {
      match: [
        '    claude-sonnet-4.5    23.5k input, 1.2k output, 15.8k cache read (Est. 1 Premium request)',
        '  claude-haiku-4-5:  1.2k input, 56 output, 0 cache read, 0 cache write ($0.01)',
      ],
      noMatch: ['5 input, 3 output', 'the model reads input, writes output'],
    },
  },
  {
    name: 'copilot_usage',
    type: 'usage',
    description: 'Copilot CLI’s sum of requests.',
    regex: R`^ *Total usage est: +(?<requests>[0-9.]{1,9}) Premium requests?`,
    value: 'requests',
    priority: 3,
    samples: {
      match: ['Total usage est:       1 Premium request', 'Total usage est: 0.33 Premium requests'],
      noMatch: ['Total usage', 'Premium requests'],
    },
  },
];
