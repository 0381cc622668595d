// All rules for secrets, each beside texts that it must and must not change: the vendors' tokens, and here what is a
// secret by the name or the place at which it stands.

import { PLACES } from './secret-place-rules.ts';
import type { AssignmentRule, SecretRule } from './secret-rule.ts';
import { ALNUM, fake, HEX } from './secret-samples.ts';
import { TOKENS } from './secret-tokens.ts';

const ASSIGNMENTS: readonly AssignmentRule[] = [
  {
    shape: 'assignment',
    name: 'authorization',
    anchors: ['authorization'],
    kind: 'header',
    samples: {
      match: [
        'curl -H "Authorization: Bearer «abc.def-123456»" https://x',
        '"Authorization": "Basic «dXNlcjpwYXNzd29yZA==»"',
        "headers['authorization'] = 'token «0123456789abcdef»'",
      ],
      noMatch: ['Authorization: Bearer $TOKEN', 'Authorization failed', 'authorization: required'],
    },
  },
  {
    shape: 'assignment',
    name: 'bearer_token',
    anchors: ['bearer '],
    kind: 'bearer',
    samples: {
      match: [`sent Bearer «${fake(ALNUM, 24)}» twice`],
      noMatch: ['the bearer of this letter', 'Bearer token expected', 'Bearer $' + '{token}'],
    },
  },
  {
    shape: 'assignment',
    name: 'password',
    anchors: ['password', 'passwd', 'passphrase', 'pwd'],
    kind: 'password',
    samples: {
      match: [
        'password: "«hunter22»"',
        'DB_PASSWORD=«p@ss;w(o)rd»',
        'POSTGRES_PASSWORD=«postgres»',
        '{"password":"«s3cr3t!pass»","user":"x"}',
        '{"text":"password: \\"«hunter22»\\""}',
        'Server=x;User=sa;Password=«Abc12345»;',
      ],
      noMatch: [
        'Password: ',
        'password: string',
        'password = get_password()',
        'password: "Enter your password"',
        'PWD=/home/user/project',
        'password: user.password',
        'Password must be at least 8 characters',
        '"password": "********"',
        'password=$DB_PASSWORD',
        '<input type="password" name="password2">',
        'password_length: 12345678',
      ],
    },
  },
  {
    shape: 'assignment',
    name: 'secret',
    anchors: ['secret', '_pass', 'credential'],
    kind: 'password',
    samples: {
      match: [
        `AWS_SECRET_ACCESS_KEY=«wJalrXUtnFEMI/K7MDENG/${fake(ALNUM, 18)}»`,
        `"SecretAccessKey": "«${fake(ALNUM, 40)}»"`,
        "client_secret: '«9f8e7d6c5b4a»'",
        'SMTP_PASS=«mailer-77»',
      ],
      noMatch: [
        'secret: true',
        'The secret = patience',
        'secretName: my-tls',
        'kubectl get secret',
        'credentials: include',
      ],
    },
  },
  {
    shape: 'assignment',
    name: 'token',
    anchors: ['token'],
    kind: 'key',
    samples: {
      match: [
        `"access_token": "«${fake(ALNUM, 32)}»"`,
        `GH_TOKEN=«${fake(HEX, 40)}»`,
        `https://x/y?token=«${fake(HEX, 32)}»&a=1`,
      ],
      noMatch: [
        'tokens: 12345',
        'token: Identifier',
        'const token = tokens[0]',
        'max_tokens=4096',
        '"token": "const"',
      ],
    },
  },
  {
    shape: 'assignment',
    name: 'api_key',
    anchors: [
      'api_key',
      'api-key',
      'apikey',
      'access_key',
      'access-key',
      'accesskey',
      'account_key',
      'accountkey',
      'private_key',
      'auth_key',
      'signing_key',
      'encryption_key',
      'subscription-key',
    ],
    kind: 'key',
    samples: {
      match: [
        `SERVICE_API_KEY=«${fake(HEX, 32)}»`,
        `apiKey: '«${fake(ALNUM, 24)}»',`,
        `X-Api-Key: «${fake(ALNUM, 20)}»`,
        `AccountName=x;AccountKey=«${fake(ALNUM, 86)}==»;EndpointSuffix=y`,
      ],
      noMatch: [
        'api_key: str',
        'apiKey: process.env.API_KEY',
        'API_KEY=your-api-key-here',
        'missing api-key: see docs',
      ],
    },
  },
  {
    shape: 'assignment',
    name: 'key_variable',
    anchors: ['_key', '_auth'],
    kind: 'variable',
    samples: {
      match: [`AZURE_OPENAI_KEY=«${fake(HEX, 32)}»`, `export STORAGE_KEY="«${fake(ALNUM, 44)}»"`],
      noMatch: ['PRIMARY_KEY=id', 'foreign_key = 12345678901234567890', 'sort_key=name-desc-2-columns'],
    },
  },
  {
    shape: 'assignment',
    name: 'secret_argument',
    anchors: [
      '--password',
      '--passwd',
      '--passphrase',
      '--token',
      '--api-key',
      '--apikey',
      '--secret',
      '-token',
    ],
    kind: 'flag',
    samples: {
      match: ['mysql --password «hunter22» -u root', `deploy --auth-token «${fake(ALNUM, 20)}»`],
      noMatch: [
        '--password <PASSWORD>',
        '--token string   the token to use',
        '--password is required',
        '--token-file x1y2z3x1y2z3',
      ],
    },
  },
];

/** All rules, in the order in which they are tried where several meet. */
export const SECRET_RULES: readonly SecretRule[] = [
  ...TOKENS,
  ...ASSIGNMENTS,
  ...PLACES,
  {
    shape: 'url',
    name: 'url_password',
    anchors: ['://'],
    samples: {
      match: [
        'postgres://user:«hunter2»@db.example:5432/x',
        'https://x-access-token:«abc»@github.com/a/b.git',
        `https://«ghp_${fake(ALNUM, 36)}:x-oauth-basic»@github.com/a/b.git`,
        'redis://:«p@ss»@localhost:6379',
        'amqp://u:«a%2Fb»@h',
      ],
      noMatch: [
        'http://localhost:8080/@scope/pkg',
        'https://user@host/',
        'https://example.com/a:b@c',
        'postgres://user:$PASS@db',
        'postgres://user:<password>@db',
      ],
    },
  },
  {
    shape: 'pem',
    name: 'private_key',
    anchors: ['-----BEGIN '],
    samples: {
      match: [
        `«-----BEGIN ${'RSA'} PRIVATE KEY-----\n${fake(ALNUM, 64)}\n${fake(ALNUM, 64)}\nabc=\n-----END RSA PRIVATE KEY-----»\nok`,
        `{"key":"«-----BEGIN ${'PRIVATE'} KEY-----\\n${fake(ALNUM, 64)}\\nabc=\\n-----END PRIVATE KEY-----»\\n"}`,
        `«-----BEGIN ${'OPENSSH'} PRIVATE KEY-----\r\n${fake(ALNUM, 70)}\r\n${fake(ALNUM, 70)}»\r\nTruncated.`,
      ],
      noMatch: [
        `if (text.includes('-----BEGIN ${'PRIVATE'} KEY-----')) throw new Error("no keys here");\nreturn text.trim().length;`,
        `-----BEGIN CERTIFICATE-----\n${fake(ALNUM, 64)}\n-----END CERTIFICATE-----`,
      ],
    },
  },
];
