// Rules for secrets that only their place gives away: an argument of a known command, an entry of a netrc file, the
// value of a cookie.

import type { PlaceRule } from './secret-rule.ts';

export const PLACES: readonly PlaceRule[] = [
  {
    shape: 'place',
    name: 'set_cookie',
    place: 'set-cookie',
    anchors: ['set-cookie'],
    samples: {
      match: [
        'Set-Cookie: session=«abc123»; Path=/',
        '< set-cookie: sid="«s3:x/y+z==»"; HttpOnly',
        '{"set-cookie":["a=«b1»; Path=/"]}',
        'sh -c "curl -H \\"Set-Cookie: a=«b1»\\" x"',
      ],
      noMatch: ['Set-Cookie: session=; Path=/', 'Set-Cookie: $VALUE', 'the Set-Cookie header = none'],
    },
  },
  {
    shape: 'place',
    name: 'cookie',
    place: 'cookie',
    anchors: ['cookie'],
    samples: {
      match: [
        'Cookie: a=«VALUE»',
        "curl -H 'Cookie: a=«one; b=two»' https://h",
        '"Cookie": "sid=«0af3»"',
        'cookie: a=$A; b=«real»',
      ],
      noMatch: [
        'cookie: string = x',
        'cookie: (a) => b',
        'no cookie: none',
        'Cookie: a=$VALUE',
        'cookie=abc',
      ],
    },
  },
  {
    shape: 'place',
    name: 'netrc_password',
    place: 'netrc',
    anchors: ['machine', 'default login'],
    samples: {
      match: [
        'machine x login y password «VALUE»',
        'machine x.org\n  login y\n  password «p"w\'$;&\\|»\nmachine z',
        'echo "machine x login y password «a;b»" > ~/.netrc',
        '{"f":"machine x\\n login y\\n password «pw1»\\n"}',
      ],
      noMatch: ['machine learning password field', 'machine x login y', 'a machine password is needed'],
    },
  },
  {
    shape: 'place',
    name: 'curl_user',
    place: 'curl',
    anchors: ['curl'],
    samples: {
      match: [
        'curl -u bob:«VALUE» https://h',
        'curl --user bob:«VALUE»',
        'curl -sS --user="bob:«two words»" https://h',
        "curl 'https://h/?a=1&b=2' -ubob:«pw»",
        'sh -c "curl -u bob:«pw»"',
        'sh -c "curl -u \\"bob:«p w»\\" https://h"',
        'curl https://h \\\n  -u bob:«pw»',
        'curl\0-u\0bob:«p "w; x»\0https://h',
      ],
      noMatch: [
        'curl -u bob https://h',
        'curl -u bob:$PASS h',
        'curl x | sort -u a:b',
        'curl -V',
        'curl: (6) -u a:b',
      ],
    },
  },
  {
    shape: 'place',
    name: 'mysql_password',
    place: 'mysql',
    anchors: ['mysql', 'mariadb'],
    samples: {
      match: [
        'mysql -u root -p«VALUE» db',
        "mysqldump -uroot -p'«two words»' db",
        'mariadb-dump -p"«pw»"',
        "sh -c 'mysql -u root -p«pw»'",
        'mysql\0-u\0root\0-p«p w»',
      ],
      noMatch: [
        'mysql -u root -p db',
        'mysql -P 3306',
        'run --name mysql -p3306:3306 x',
        'mysql -p$PW',
        'mysql; -pab',
        '-p[REDACTED:mysql_password] -uroot -pab',
      ],
    },
  },
  {
    shape: 'place',
    name: 'sshpass_password',
    place: 'sshpass',
    anchors: ['sshpass'],
    samples: {
      match: [
        'sshpass -p «VALUE» ssh a@b',
        "sshpass -p'«two words»' ssh a@b",
        'sh -c "sshpass -p «pw»"',
        'sshpass\0-p\0«p w»\0ssh',
      ],
      noMatch: ['sshpass -e ssh a@b', 'sshpass -p "$PW" ssh', 'sshpass -f file'],
    },
  },
  {
    shape: 'place',
    name: 'login_password',
    place: 'login',
    anchors: ['login'],
    samples: {
      match: [
        'docker login -u me -p «VALUE» registry.example',
        'podman login --username me --password «VALUE»',
        'helm registry login -u me --password="«two words»" h',
        'sh -c "docker login -u me -p \\"«p w»\\""',
        'docker\0login\0-u\0me\0-p\0«p w»',
      ],
      noMatch: [
        'docker login -u me --password-stdin',
        'ssh login -p 2222',
        'docker login -p $PW',
        'login page',
      ],
    },
  },
];
