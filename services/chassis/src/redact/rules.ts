import type { Rule } from './rule.ts';
import { ASSIGNMENT_RULES } from './rules/assignments.ts';
import { CLOUD_RULES } from './rules/clouds.ts';
import { CODE_RULES } from './rules/code.ts';
import { KEY_RULES } from './rules/keys.ts';
import { MODEL_RULES } from './rules/models.ts';
import { SERVICE_RULES } from './rules/services.ts';
import { SETTING_RULES } from './rules/settings.ts';
import { TRANSPORT_RULES } from './rules/transport.ts';

/** Every kind of secret that is known by its form. Where two take the same text, the earlier one names it. */
export const RULES: readonly Rule[] = [
  ...KEY_RULES,
  ...CLOUD_RULES,
  ...CODE_RULES,
  ...MODEL_RULES,
  ...SERVICE_RULES,
  ...TRANSPORT_RULES,
  ...SETTING_RULES,
  ...ASSIGNMENT_RULES,
];
