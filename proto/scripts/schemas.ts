import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ChangeSet } from '../src/change-set.ts';
import { Decision } from '../src/decision.ts';
import { Envelope } from '../src/envelope.ts';
import { Evidence } from '../src/evidence.ts';
import { PolicyFile } from '../src/policy-test.ts';
import { Execution, Promoted } from '../src/promotion.ts';
import { Receipt, SignedReceipt } from '../src/receipt.ts';
import { Rehearsal } from '../src/rehearsal.ts';
import { Risk } from '../src/risk.ts';

/** Where the generated files stand. */
export const SCHEMAS_DIRECTORY = join(import.meta.dirname, '../schemas');

// What people write has fields with defaults that may be left out; what drylane writes has every field.
const SCHEMAS = {
  envelope: { schema: Envelope, io: 'input', title: 'What a planner submits to drylane' },
  policy: { schema: PolicyFile, io: 'input', title: 'What an operator of drylane allows' },
  risk: { schema: Risk, io: 'output', title: 'What drylane classify --json prints' },
  evidence: { schema: Evidence, io: 'output', title: 'What a rehearsal observed' },
  decision: { schema: Decision, io: 'output', title: 'The verdict on a run, and why' },
  'change-set': { schema: ChangeSet, io: 'output', title: 'What a rehearsal changed, and on what' },
  execution: { schema: Execution, io: 'output', title: 'What drylane execute --json and show --json print' },
  promoted: { schema: Promoted, io: 'output', title: 'What drylane apply --json prints' },
  rehearsal: { schema: Rehearsal, io: 'output', title: 'What drylane rehearse --json prints' },
  receipt: { schema: Receipt, io: 'output', title: 'How a run ended: the statement in a receipt' },
  'signed-receipt': { schema: SignedReceipt, io: 'output', title: 'A receipt, signed: a DSSE envelope' },
} as const;

/** The JSON Schema (draft 2020-12) of each document that people or programs exchange with drylane, by file name. */
export function generateSchemas(): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(SCHEMAS).map(([name, { schema, io, title }]) => {
      const { $schema, ...rest } = z.toJSONSchema(schema, {
        target: 'draft-2020-12',
        io,
        override: typePatterns,
      });
      const document = { $schema, $id: `https://drylane.dev/schemas/${name}.json`, title, ...rest };
      return [`${name}.json`, `${JSON.stringify(document, null, 2)}\n`];
    }),
  );
}

/** Says `type` beside each of several patterns: readers that go by the type alone would pass them over. */
function typePatterns({ jsonSchema }: { jsonSchema: z.core.JSONSchema.BaseSchema }): void {
  for (const part of jsonSchema.allOf ?? []) if (part.pattern !== undefined) part.type = 'string';
}

if (import.meta.main) {
  mkdirSync(SCHEMAS_DIRECTORY, { recursive: true });
  for (const [file, text] of generateSchemas()) writeFileSync(join(SCHEMAS_DIRECTORY, file), text);
}
