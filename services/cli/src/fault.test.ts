import { checkAs, parseDocumentAs } from '@drylane/proto/document';
import { Envelope } from '@drylane/proto/envelope';
import { DrylaneError, ERROR_CODES } from '@drylane/proto/errors';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { faultDocument, renderFault, reportFault } from './fault.ts';
import { coloursFor } from './terminal.ts';

const PLAIN = coloursFor(process.stderr, { NO_COLOR: '1' });
const render = (fault: unknown): string => renderFault(reportFault(fault), PLAIN);

function faultOf(work: () => unknown): unknown {
  try {
    work();
  } catch (fault) {
    return fault;
  }
  throw new Error('it was not refused');
}

describe('a fault on standard error', () => {
  it('says what was refused, field by field, with the mend and the flag', () => {
    const problem = { field: 'intent.network.0', message: 'is not allowed', mend: 'ask for less' };
    expect(render(new DrylaneError('bad-input', problem))).toBe(
      `drylane: the input was refused
  intent.network.0: is not allowed
    → ask for less (--network HOST)
`,
    );
  });

  it('names in the mend the state directory that was given, for people and in JSON', () => {
    const problem = { field: 'run_1', message: 'drylane apply waits', mend: 'drylane approve run_1' };
    const told = reportFault(new DrylaneError('approval-needed', problem), 'a b');
    expect(renderFault(told, PLAIN)).toContain("→ drylane approve --state 'a b' run_1\n");
    expect(faultDocument(told)).toMatchObject({
      error: { problems: [{ ...problem, mend: "drylane approve --state 'a b' run_1" }] },
    });
  });

  it('names what nobody threw on purpose, and where it happened', () => {
    const fault = new Error('boom');
    fault.stack = 'Error: boom\n    at run (run.ts:1:1)';
    expect(render(fault)).toContain('something went wrong inside drylane\n  drylane: Error: boom\n');
    expect(render(fault)).toContain('run.ts:1:1');
    expect(render('just text')).toContain('  drylane: just text\n');
    expect(JSON.stringify(faultDocument(reportFault(fault)))).not.toContain('run.ts');
  });

  it('begins no line of its own with what a message holds, and shows no raw control character', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, text, (field, message, mend) => {
        const shown = render(new DrylaneError('bad-input', { field, message, mend }));
        expect(shown).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
        const [head, ...lines] = shown.trimEnd().split('\n');
        expect(head).toBe(`drylane: ${ERROR_CODES['bad-input'].title}`);
        for (const line of lines) expect(line).toMatch(/^ {2}/);
      }),
    );
  });
});

const SECRET = `ghp_${'Zx81kQ'.repeat(6)}`;
const ENVELOPE = {
  command: 'ls',
  working_dir: '/workspace/site',
  intent: { mode: 'mutating', expected_writes: ['a'] },
};
const { intent } = ENVELOPE;

const REFUSED: readonly (readonly [string, object])[] = [
  ['task', { task: ` ${SECRET}` }],
  ['working_dir', { working_dir: SECRET }],
  ['workspace', { workspace: { snapshot: SECRET } }],
  ['image', { image: ` ${SECRET}` }],
  ['shell', { shell: SECRET }],
  ['intent.mode', { intent: { ...intent, mode: SECRET } }],
  ['intent.expected_writes', { intent: { ...intent, expected_writes: [`../${SECRET}`] } }],
  ['intent.network', { intent: { ...intent, network: [`https://${SECRET}@x.example`] } }],
  ['intent.credentials', { intent: { ...intent, credentials: [` ${SECRET}`] } }],
  ['the name in env', { env: { [`A-${SECRET}`]: '1' } }],
  ['the value in env', { env: { A: `${SECRET}\0` } }],
  ['limits.timeout', { limits: { timeout: SECRET } }],
  ['a field that is not known', { [SECRET]: 1 }],
];

describe('a secret in an envelope that is refused', () => {
  it.each(REFUSED)('is not repeated when it stands in %s', (_, over) => {
    const value = { ...ENVELOPE, ...over };
    const source = Buffer.from(JSON.stringify(value));
    const faults = [
      faultOf(() => checkAs(Envelope, value, 'bad-input')),
      faultOf(() => parseDocumentAs(Envelope, source, { name: `${SECRET}.json`, code: 'bad-input' })),
    ];
    for (const fault of faults) {
      expect(fault).toBeInstanceOf(DrylaneError);
      expect(render(fault)).not.toContain(SECRET.slice(4));
      expect(JSON.stringify(faultDocument(reportFault(fault)))).not.toContain(SECRET.slice(4));
    }
  });

  it('is known by the name of its field too, and by the stack of a fault', () => {
    const problem = { field: 'database_password', message: 'hT7-kq9_Wz!pL3', mend: 'leave it out' };
    expect(render(new DrylaneError('bad-input', problem))).not.toContain('hT7-kq9');
    expect(render(new Error(`cannot use ${SECRET}`))).not.toContain(SECRET);
  });
});
