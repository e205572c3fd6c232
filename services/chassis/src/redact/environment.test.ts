import { describe, expect, it } from 'vitest';
import { looksSecret } from './environment.ts';
import { expandSample } from './samples.ts';

describe('looksSecret', () => {
  it.each([
    ['GITHUB_TOKEN', 'ghp_<alnum:36>', 'github-token'],
    ['HARMLESS', 'ghp_<alnum:36>', 'github-token'],
    ['AWS_ACCESS_KEY_ID', 'AKIA<base32:16>', 'aws-access-key'],
    ['AWS_SECRET_ACCESS_KEY', '<b64:40>', 'assigned-secret'],
    ['DATABASE_URL', 'postgres://app:<alnum:12>@db:5432/app', 'url-password'],
    ['DB_PASSWORD', 'correcthorse', 'assigned-secret'],
    ['MYSQL_PWD', 'hunter2', 'assigned-secret'],
    ['REDIS_PASSWORD', 'pä$$wörd', 'assigned-secret'],
    ['KEY', '-----BEGIN RSA PRIVATE KEY-----\n<b64:64>\n-----END RSA PRIVATE KEY-----', 'private-key'],
    ['STRIPE', 'sk_live_<alnum:24>', 'stripe-key'],
    ['NPM_TOKEN', '<uuid>', 'assigned-secret'],
  ])('refuses %s', (name, template, kind) => {
    expect(looksSecret(name, expandSample(template))).toBe(kind);
  });

  it.each([
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['LANG', 'C.UTF-8'],
    ['TZ', 'Europe/Berlin'],
    ['PORT', '8080'],
    ['EPOCH', '1763683200000'],
    ['HOME', '/home/agent'],
    ['PWD', '/srv/app'],
    ['OLDPWD', '/'],
    ['SSH_AUTH_SOCK', '/tmp/ssh-a1b2c3d4e5/agent.4242'],
    ['API_URL', 'https://api.example.com:8443/v1?page=2'],
    ['TOKEN_URL', 'https://login.example.com/oauth2/token'],
    ['KEY_FILE', '/etc/ssl/private/key.pem'],
    ['MAX_TOKENS', '128000'],
    ['GIT_AUTHOR_NAME', 'Ada Lovelace 1815'],
    ['KEYBOARD', 'pc105'],
    ['API_TOKEN', ''],
    ['API_TOKEN', '$' + '{API_TOKEN}'],
    ['DB_PASSWORD', 'changeme'],
    ['NODE_OPTIONS', '--max-old-space-size=4096 --enable-source-maps'],
    ['CI_COMMIT_SHA', '0123456789abcdef0123456789abcdef01234567'],
    ['LS_COLORS', 'rs=0:di=01;34:ln=01;36:mh=00:pi=40;33'],
    ['SOURCE_DATE_EPOCH', '1763683200'],
    ['PUBLIC_KEY', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ'],
  ])('lets %s=%s pass', (name, value) => {
    expect(looksSecret(name, value)).toBeUndefined();
  });
});
