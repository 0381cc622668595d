// What a secret looks like: one rule per kind, each beside texts that it must and must not change.
// A rule names literal words (anchors, found in either case by one pass over the bytes) and the shape of what
// stands there; secret-shapes.ts knows the shapes. Prefixes and lengths are those that the vendors publish.

/** A word that is a secret by itself: vendor tokens. */
export interface TokenRule {
  readonly shape: 'token';
  readonly name: string;
  readonly anchors: readonly string[];
  /** Which characters go on after the anchor; letters, digits and `_` always do. */
  readonly chars: '' | '-' | '-.' | '-./' | '+/=';
  /** What the whole word must look like, from the anchor to its last character. */
  readonly whole: RegExp;
  /** What the first 512 characters of a longer word must look like; `whole` when absent. */
  readonly cut?: RegExp;
  /** Whether the anchor must stand at the beginning of a word: for anchors that occur inside ordinary words. */
  readonly atWordStart?: true;
  readonly samples: SecretSamples;
}

/** A name, a sign and a value: `password: "…"`, `API_KEY=…`, `Authorization: Bearer …`, `--token …`. */
export interface AssignmentRule {
  readonly shape: 'assignment';
  readonly name: string;
  readonly anchors: readonly string[];
  /** How a value is judged (`password` is content with less than `key`), and what stands before it. */
  readonly kind: 'password' | 'key' | 'variable' | 'header' | 'bearer' | 'flag';
  readonly samples: SecretSamples;
}

/** `scheme://user:password@host`, of which the password is the secret. */
export interface UrlRule {
  readonly shape: 'url';
  readonly name: string;
  readonly anchors: readonly string[];
  readonly samples: SecretSamples;
}

/** A private key in PEM armour, over many lines or with `\n` in one. */
export interface PemRule {
  readonly shape: 'pem';
  readonly name: string;
  readonly anchors: readonly string[];
  readonly samples: SecretSamples;
}

export interface SecretSamples {
  /** Texts with the secret between « and »; the marks are not part of the text. */
  readonly match: readonly string[];
  /** Texts in which nothing is a secret. */
  readonly noMatch: readonly string[];
}

export type SecretRule = TokenRule | AssignmentRule | UrlRule | PemRule;

const ALNUM = 'a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0uV';
const UPPER = 'Q3Z7A2M5X4B6N7C2V5L4K6J7';
const HEX = '3f9a0c71b85e2d46';

/** Samples are put together here, so that no scanner takes this file for a leak. */
function fake(alphabet: string, length: number): string {
  return alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length);
}

const TOKENS: readonly TokenRule[] = [
  {
    shape: 'token',
    name: 'aws_access_key_id',
    anchors: ['AKIA', 'ASIA', 'ABIA', 'ACCA'],
    chars: '',
    whole: /^(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}$/,
    samples: {
      match: [
        `export AWS_ACCESS_KEY_ID=«AKIA${fake(UPPER, 16)}»`,
        `"AccessKeyId": "«ASIA${fake(UPPER, 16)}»"`,
      ],
      noMatch: ['AKIA is a prefix', 'Slovakia12345678901234', 'the ASIA region', `AKIA${fake(UPPER, 20)}`],
    },
  },
  {
    shape: 'token',
    name: 'github_token',
    anchors: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'],
    chars: '',
    whole: /^gh[pousr]_[A-Za-z0-9]{36,255}$/,
    samples: {
      match: [
        `got «ghp_${fake(ALNUM, 36)}».`,
        `token: «ghp_${fake(ALNUM, 36)}».`,
        `https://x:«ghs_${fake(ALNUM, 36)}»@github.com/a/b`,
      ],
      noMatch: ['ghp_xxxxxxxx', 'a token starts with ghp_ or gho_', `ghp_${fake(ALNUM, 20)}`],
    },
  },
  {
    shape: 'token',
    name: 'github_fine_grained_token',
    anchors: ['github_pat_'],
    chars: '',
    whole: /^github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}$/,
    samples: {
      match: [`remote: «github_pat_${fake(ALNUM, 22)}_${fake(ALNUM, 59)}» ok`],
      noMatch: ['github_pat_1234', 'set github_pat_ as prefix'],
    },
  },
  {
    shape: 'token',
    name: 'gitlab_token',
    anchors: ['glpat-', 'glptt-', 'gldt-', 'glrt-', 'glcbt-', 'glsoat-', 'gloas-', 'glagent-'],
    chars: '-.',
    whole: /^gl(?:pat|ptt|dt|rt|cbt|soat|oas|agent)-[A-Za-z0-9_.-]{20,}$/,
    samples: {
      match: [`PRIVATE-TOKEN: «glpat-${fake(ALNUM, 20)}»`, `«glrt-${fake(ALNUM, 20)}» registered`],
      noMatch: ['glpat-short', 'use glpat- for tokens'],
    },
  },
  {
    shape: 'token',
    name: 'anthropic_key',
    anchors: ['sk-ant-'],
    chars: '-',
    whole: /^sk-ant-[a-z]+[0-9]{2}-[A-Za-z0-9_-]{32,}$/,
    samples: {
      match: [
        `ANTHROPIC_API_KEY=«sk-ant-api03-${fake(ALNUM, 93)}-AA»`,
        `key "«sk-ant-oat01-${fake(ALNUM, 40)}»"`,
      ],
      noMatch: ['sk-ant-api03-...', 'starts with sk-ant-'],
    },
  },
  {
    shape: 'token',
    name: 'openai_key',
    anchors: ['sk-'],
    chars: '-',
    whole:
      /^sk-(?:(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{48})$/,
    atWordStart: true,
    samples: {
      match: [
        `Incorrect API key provided: «sk-proj-${fake(ALNUM, 48)}».`,
        `"«sk-${fake(ALNUM, 20)}T3Blbk${'FJ'}${fake(ALNUM, 20)}»"`,
        `{"text":"line\\n«sk-proj-${fake(ALNUM, 48)}»"}`,
      ],
      noMatch: ['task-management-for-everyone-in-the-house', 'sk-12345', 'sk-proj-', 'disk-image-v2'],
    },
  },
  {
    shape: 'token',
    name: 'openrouter_key',
    anchors: ['sk-or-v'],
    chars: '-',
    whole: /^sk-or-v[0-9]+-[a-f0-9]{32,}$/,
    samples: { match: [`«sk-or-v1-${fake(HEX, 64)}»`], noMatch: ['sk-or-v1-', 'task-or-v1-something'] },
  },
  {
    shape: 'token',
    name: 'google_api_key',
    anchors: ['AIza'],
    chars: '-',
    whole: /^AIza[A-Za-z0-9_-]{35}$/,
    samples: { match: [`key=«AIza${fake(ALNUM, 35)}»&q=1`], noMatch: ['AIzaShort', 'see AIza'] },
  },
  {
    shape: 'token',
    name: 'google_oauth_token',
    anchors: ['ya29.', 'GOCSPX-'],
    chars: '-.',
    whole: /^(?:ya29\.[A-Za-z0-9_.-]{20,}|GOCSPX-[A-Za-z0-9_-]{28})$/,
    samples: {
      match: [`access «ya29.${fake(ALNUM, 60)}»`, `client «GOCSPX-${fake(ALNUM, 28)}»`],
      noMatch: ['ya29.', 'GOCSPX-abc'],
    },
  },
  {
    shape: 'token',
    name: 'slack_token',
    anchors: [
      'xoxa-',
      'xoxb-',
      'xoxc-',
      'xoxd-',
      'xoxe-',
      'xoxo-',
      'xoxp-',
      'xoxr-',
      'xoxs-',
      'xoxe.',
      'xapp-',
    ],
    chars: '-.',
    whole: /^(?:xox[a-eoprs][-.][A-Za-z0-9.-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,})$/,
    samples: {
      match: [`SLACK=«xoxb-${fake('123456789', 12)}-${fake(ALNUM, 24)}»`, `«xapp-1-A${fake(ALNUM, 40)}»`],
      noMatch: ['xoxb-', 'xapp-store'],
    },
  },
  {
    shape: 'token',
    name: 'slack_webhook',
    anchors: ['hooks.slack.com/'],
    chars: '-./',
    whole: /^hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9/_-]{20,}$/,
    samples: {
      match: [
        `curl https://«hooks.slack.com/services/T${fake('0A1B2C3', 8)}/B${fake('0A1B2C3', 8)}/${fake(ALNUM, 24)}»`,
      ],
      noMatch: ['https://hooks.slack.com/services/', 'see hooks.slack.com'],
    },
  },
  {
    shape: 'token',
    name: 'stripe_key',
    anchors: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_'],
    chars: '',
    whole: /^(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,247}$/,
    samples: { match: [`stripe.api = «sk_live_${fake(ALNUM, 24)}»`], noMatch: ['sk_test_', 'task_live_1'] },
  },
  {
    shape: 'token',
    name: 'webhook_secret',
    anchors: ['whsec_'],
    chars: '+/=',
    whole: /^whsec_[A-Za-z0-9+/=]{32,}$/,
    samples: { match: [`«whsec_${fake(ALNUM, 32)}»`], noMatch: ['whsec_', 'whsec_test'] },
  },
  {
    shape: 'token',
    name: 'npm_token',
    anchors: ['npm_'],
    chars: '',
    whole: /^npm_[A-Za-z0-9]{36}$/,
    atWordStart: true,
    samples: {
      match: [`//registry.npmjs.org/:_authToken=«npm_${fake(ALNUM, 36)}»`],
      noMatch: ['npm_config_registry=https://x', 'npm_lifecycle_event', 'my_npm_package'],
    },
  },
  {
    shape: 'token',
    name: 'pypi_token',
    anchors: ['pypi-AgE'],
    chars: '-',
    whole: /^pypi-AgE[A-Za-z0-9_-]{60,}$/,
    samples: {
      match: [`password = «pypi-AgEIcHlwaS5vcmc${fake(ALNUM, 80)}»`],
      noMatch: ['pypi-agent', 'pypi-AgE'],
    },
  },
  {
    shape: 'token',
    name: 'huggingface_token',
    anchors: ['hf_'],
    chars: '',
    whole: /^hf_[A-Za-z]{34}$|^hf_[A-Za-z0-9]{30,40}$/,
    atWordStart: true,
    samples: {
      match: [`HF=«hf_${fake(ALNUM, 34)}»`],
      noMatch: ['hf_hub_download(repo)', 'hf_transfer', 'shelf_life'],
    },
  },
  {
    shape: 'token',
    name: 'sendgrid_key',
    anchors: ['SG.'],
    chars: '-.',
    whole: /^SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{16,64}$/,
    atWordStart: true,
    samples: {
      match: [`mail «SG.${fake(ALNUM, 22)}.${fake(ALNUM, 43)}»`],
      noMatch: ['MSG. Then more text', 'SG.x.y', 'msg.something.long.and.dotted.name'],
    },
  },
  {
    shape: 'token',
    name: 'digitalocean_token',
    anchors: ['dop_v1_', 'doo_v1_', 'dor_v1_'],
    chars: '',
    whole: /^do[opr]_v1_[a-f0-9]{64}$/,
    samples: { match: [`«dop_v1_${fake(HEX, 64)}»`], noMatch: ['dop_v1_', 'drop_v1_table'] },
  },
  {
    shape: 'token',
    name: 'docker_token',
    anchors: ['dckr_pat_', 'dckr_oat_'],
    chars: '-',
    whole: /^dckr_[po]at_[A-Za-z0-9_-]{27,32}$/,
    samples: { match: [`docker login -p «dckr_pat_${fake(ALNUM, 27)}»`], noMatch: ['dckr_pat_x'] },
  },
  {
    shape: 'token',
    name: 'shopify_token',
    anchors: ['shpat_', 'shpca_', 'shppa_', 'shpss_'],
    chars: '',
    whole: /^shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}$/,
    samples: { match: [`«shpat_${fake(HEX, 32)}»`], noMatch: ['shpat_', 'shpss_none'] },
  },
  {
    shape: 'token',
    name: 'grafana_token',
    anchors: ['glsa_', 'glc_'],
    chars: '+/=',
    whole: /^(?:glsa_[A-Za-z0-9]{32}_[a-fA-F0-9]{8}|glc_[A-Za-z0-9+/=]{32,400})$/,
    samples: { match: [`«glsa_${fake(ALNUM, 32)}_${fake(HEX, 8)}»`], noMatch: ['glsa_', 'glc_file'] },
  },
  {
    shape: 'token',
    name: 'sentry_token',
    anchors: ['sntryu_', 'sntrys_'],
    chars: '+/=',
    whole: /^(?:sntryu_[a-f0-9]{64}|sntrys_[A-Za-z0-9+/=_]{60,})$/,
    samples: { match: [`«sntryu_${fake(HEX, 64)}»`], noMatch: ['sntryu_abc'] },
  },
  {
    shape: 'token',
    name: 'hosting_token',
    anchors: ['sbp_', 'figd_', 'lin_api_', 'dapi', 'vercel_', 'nfp_', 'pul-', 'cfut_', 'cfat_', 'cfk_'],
    chars: '-',
    whole:
      /^(?:sbp_[a-f0-9]{40}|figd_[A-Za-z0-9_-]{40,}|lin_api_[A-Za-z0-9]{40}|dapi[a-f0-9]{32}(?:-[0-9])?|vercel_[A-Za-z0-9]{24,}|nfp_[A-Za-z0-9]{36}|pul-[a-f0-9]{40}|cf(?:ut|at|k)_[A-Za-z0-9]{40,})$/,
    samples: {
      match: [`«lin_api_${fake(ALNUM, 40)}»`, `DATABRICKS=«dapi${fake(HEX, 32)}»`],
      noMatch: ['figd_', 'dapification', 'vercel_url', 'pul-down'],
    },
  },
  {
    shape: 'token',
    name: 'model_provider_key',
    anchors: ['gsk_', 'xai-', 'pplx-', 'r8_', 'tvly-', 'fw_'],
    chars: '-',
    whole:
      /^(?:gsk_[A-Za-z0-9]{50,56}|xai-[A-Za-z0-9]{70,90}|pplx-[A-Za-z0-9]{40,60}|r8_[A-Za-z0-9]{37,40}|tvly-(?:dev-|prod-)?[A-Za-z0-9]{32}|fw_[A-Za-z0-9]{22,24})$/,
    atWordStart: true,
    samples: {
      match: [`GROQ «gsk_${fake(ALNUM, 52)}»`, `«r8_${fake(ALNUM, 37)}»`],
      noMatch: ['gsk_', 'xai-sdk', 'r8_config', 'fw_update_path'],
    },
  },
  {
    shape: 'token',
    name: 'cloud_vault_token',
    anchors: ['hvs.', 'hvb.', 'dp.pt.', 'dp.st.', 'dp.sa.', 'dp.ct.'],
    chars: '-.',
    whole:
      /^(?:hv[sb]\.[A-Za-z0-9_-]{24,}|dp\.(?:pt|sa|ct)\.[A-Za-z0-9]{40,44}|dp\.st\.(?:[a-z0-9_-]+\.)?[A-Za-z0-9]{40,44})$/,
    atWordStart: true,
    samples: {
      match: [`VAULT «hvs.${fake(ALNUM, 90)}»`, `«dp.pt.${fake(ALNUM, 43)}»`],
      noMatch: ['hvs.', 'wdp.pt.x'],
    },
  },
  {
    shape: 'token',
    name: 'age_secret_key',
    anchors: ['AGE-SECRET-KEY-1'],
    chars: '-',
    whole: /^AGE-SECRET-KEY-1[0-9A-Z]{58}$/,
    samples: { match: [`«AGE-SECRET-KEY-1${fake(UPPER, 58)}»`], noMatch: ['AGE-SECRET-KEY-1'] },
  },
  {
    shape: 'token',
    name: 'telegram_token',
    anchors: [':AA'],
    chars: '-',
    whole: /^:AA[A-Za-z0-9_-]{33}$/,
    samples: { match: [`bot12345678«:AA${fake(ALNUM, 33)}»/getMe`], noMatch: ['time 12:AA', ':AAAA'] },
  },
  {
    shape: 'token',
    name: 'jwt',
    anchors: ['eyJ'],
    chars: '-.',
    whole: /^eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}(?:\.[A-Za-z0-9_-]+){0,2}$/,
    cut: /^eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{2,}/,
    atWordStart: true,
    samples: {
      match: [`cookie «eyJ${fake(ALNUM, 20)}.eyJ${fake(ALNUM, 40)}.${fake(ALNUM, 43)}»; path`],
      noMatch: ['eyJ', `eyJ${fake(ALNUM, 20)}`, `data:application/json;base64,eyJ${fake(ALNUM, 80)}`],
    },
  },
];

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
