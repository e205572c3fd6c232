import { describe, expect, it } from 'vitest';
import { publishedSecrets } from './corpus.fixture.ts';
import { leaksIn } from './gitleaks.fixture.ts';
import { createRedactor } from './redact.ts';
import { RULES } from './rules.ts';
import { expandSample } from './samples.ts';

/** What gitleaks calls a secret, and what we do. */
const KINDS: Readonly<Record<string, string>> = {
  'age-secret-key': 'age-key',
  'alibaba-access-key-id': 'alibaba-access-key',
  'anthropic-api-key': 'anthropic-key',
  'aws-access-token': 'aws-access-key',
  'azure-ad-client-secret': 'azure-client-secret',
  'databricks-api-token': 'databricks-token',
  'digitalocean-pat': 'digitalocean-token',
  'doppler-api-token': 'doppler-token',
  'flyio-access-token': 'fly-token',
  'gcp-api-key': 'gcp-api-key',
  'github-fine-grained-pat': 'github-token',
  'github-oauth': 'github-token',
  'github-pat': 'github-token',
  'gitlab-pat': 'gitlab-token',
  'gitlab-deploy-token': 'gitlab-token',
  'grafana-service-account-token': 'grafana-token',
  'hashicorp-tf-api-token': 'terraform-token',
  'huggingface-access-token': 'huggingface-token',
  jwt: 'jwt',
  'npm-access-token': 'npm-token',
  'openai-api-key': 'openai-key',
  'planetscale-password': 'planetscale-token',
  'private-key': 'private-key',
  'sentry-user-token': 'sentry-token',
  'shopify-access-token': 'shopify-token',
  'slack-bot-token': 'slack-token',
  'slack-user-token': 'slack-token',
  'slack-webhook-url': 'webhook-url',
  'square-access-token': 'square-token',
  'stripe-access-token': 'stripe-key',
  'twilio-api-key': 'twilio-key',
  'vault-service-token': 'vault-token',
};

const redactor = createRedactor([]);

describe("gitleaks' own engine", () => {
  it('finds nothing in our samples that we leave, and names the same kinds', () => {
    const texts = RULES.flatMap((rule) => rule.matches).map((template) => expandSample(template));
    const scrubbed = texts.map((text) => redactor.text(text));
    const leaks = leaksIn(texts);
    expect(leaks.filter(({ text, secret }) => scrubbed[text]?.text.includes(secret))).toEqual([]);
    expect(new Set(leaks.map(({ text }) => text)).size).toBeGreaterThan(100);
    const kinds = leaks
      .filter(({ rule }) => Object.hasOwn(KINDS, rule))
      .map(({ rule, text }) => [rule, ...Object.keys(scrubbed[text]?.kinds ?? {})]);
    expect(kinds).toEqual(kinds.map(([rule = '']) => [rule, KINDS[rule]]));
    expect(new Set(kinds.map(([rule]) => rule))).toEqual(new Set(Object.keys(KINDS)));
  }, 60_000);

  it.each(publishedSecrets())(
    'finds hardly anything in %s that we leave',
    (_, rows) => {
      const leaks = leaksIn(rows.map((row) => row.text));
      const compared = rows.map((row, index) => {
        const secrets = leaks.filter(({ text }) => text === index).map(({ secret }) => secret);
        const { text, redactions } = redactor.text(row.text);
        return {
          ...row,
          theirs: secrets.length > 0,
          ours: redactions > 0,
          left: secrets.some((s) => text.includes(s)),
        };
      });
      const theirs = compared.filter((row) => row.is_secret && row.theirs);
      const left = theirs.filter((row) => row.left);
      const onlyOurs = compared.filter((row) => row.is_secret && row.ours && !row.theirs);
      const lookalikes = compared.filter((row) => !row.is_secret);
      const touched = (by: 'ours' | 'theirs'): number => lookalikes.filter((row) => row[by]).length;
      console.log(
        `of ${theirs.length} rows with secrets that gitleaks finds, we leave ${left.length}` +
          ` (${left.map((row) => row.kind).join(', ')})\n` +
          `only we find ${onlyOurs.length} (${[...new Set(onlyOurs.map((row) => row.kind))].join(', ')})\n` +
          `of ${lookalikes.length} look-alikes gitleaks takes ${touched('theirs')}, we take ${touched('ours')}`,
      );
      expect(left.length).toBeLessThanOrEqual(theirs.length * 0.05);
    },
    60_000,
  );
});
