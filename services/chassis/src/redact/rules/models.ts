import { isPlaceholder } from '../plausible.ts';
import type { Rule } from '../rule.ts';

/** Language models and what is sold beside them. */
export const MODEL_RULES: readonly Rule[] = [
  {
    kind: 'anthropic-key',
    keywords: ['sk-ant-'],
    pattern: /sk-ant-[a-z]{2,10}[0-9]{2}-[\w-]{70,120}AA/,
    matches: ['sk-ant-api03-<alnum:93>AA', 'sk-ant-admin01-<alnum:93>AA'],
    not_matches: ['sk-ant-api03-<alnum:12>AA', 'ssk-ant-api03-<alnum:93>AA', 'sk-ant-api02-notarealkey'],
  },
  {
    kind: 'openai-key',
    keywords: ['sk-'],
    pattern:
      /sk-(?:(?:proj|svcacct|admin|None)-[\w-]{40,200}|or-v1-[a-f0-9]{64}|[A-Za-z0-9]{20}T3BlbkFJ[A-Za-z0-9]{20}|[A-Za-z0-9]{48}|[a-f0-9]{32})/,
    entropy: 3.2,
    check: ({ secret }) => !isPlaceholder(secret) && /[0-9]/.test(secret),
    matches: [
      'sk-proj-<alnum:60>T3BlbkFJ<alnum:60>',
      'sk-<alnum:20>T3BlbkFJ<alnum:20>',
      'sk-or-v1-<hex:64>',
      'sk-svcacct-<alnum:150>',
    ],
    not_matches: ['sk-openai-123456', 'sk-<alnum:12>', 'ask-<alnum:48>', 'sk-<letters:12>-<letters:12>'],
  },
  {
    kind: 'huggingface-token',
    keywords: ['hf_', 'api_org_'],
    pattern: /(?:hf_|api_org_)[A-Za-z]{34}/,
    entropy: 2,
    matches: ['hf_<letters:34>', 'api_org_<letters:34>'],
    not_matches: [
      'hf_<letters:33>',
      'hf_<letters:35>',
      'hf_<letters:12>1<letters:21>',
      'xhf_<letters:34>',
      'api_org_<fill:34>',
    ],
  },
  {
    kind: 'model-api-key',
    keywords: ['pplx-', 'gsk_', 'r8_', 'xai-', 'nvapi-', 'csk-', 'tvly-', 'pcsk_', 'fw_', 'sk_'],
    pattern:
      /(?:pplx-[A-Za-z0-9]{48}|gsk_[A-Za-z0-9]{52}|r8_[A-Za-z0-9]{37}|xai-[A-Za-z0-9]{80}|nvapi-[\w-]{64}|csk-[a-z0-9]{48}|tvly-(?:dev-)?[A-Za-z0-9]{32}|pcsk_[A-Za-z0-9_]{50,80}|fw_[A-Za-z0-9]{22,24}|sk_[a-f0-9]{48})/,
    entropy: 3,
    matches: [
      'pplx-<alnum:48>',
      'gsk_<alnum:52>',
      'r8_<alnum:37>',
      'xai-<alnum:80>',
      'nvapi-<alnum:64>',
      'tvly-<alnum:32>',
    ],
    not_matches: ['pplx-<fill:48>', 'gsk_<alnum:10>', 'fw_rule_3', 'xai-grok-2'],
  },
];
