// Addresses.

import type { Pattern } from '../../model/pattern.ts';

export const URL_PATTERNS: readonly Pattern[] = [
  {
    name: 'url',
    type: 'url',
    description: 'An http, https, ws or wss address, without the punctuation that ends a sentence.',
    regex: String.raw`(?:https?|wss?)://[A-Za-z0-9\[][^ \t<>"'\x60|\\^{}│]*[A-Za-z0-9/_#=&%~+-]`,
    every: true,
    samples: {
      match: [
        'see https://jestjs.io/docs/configuration',
        'listening on http://localhost:8151.',
        '(https://example.com/a?b=c)',
      ],
      noMatch: ['https://', 'example.com/path', 'ftp is old'],
    },
  },
];
