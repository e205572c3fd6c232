import { describe, expect, it } from 'vitest';
import { Envelope } from './envelope.ts';
import { dotted, mendUnknownField, nearest, printable } from './fields.ts';
import { Policy } from './policy.ts';

describe('an unknown field', () => {
  it.each([
    [[], 'comand', 'did you mean command?'],
    [[], 'workingDir', 'did you mean working_dir?'],
    [[], 'working-dir', 'did you mean working_dir?'],
    [['intent'], 'mdoe', 'did you mean mode?'],
    [['limits'], 'time_out', 'did you mean timeout?'],
    [['workspace', 'git'], 'uri', 'did you mean url?'],
    [[], 'expected_writes', 'remove it; the field of that name stands at intent.expected_writes'],
    [['intent'], 'timeout', 'remove it; the field of that name stands at limits.timeout'],
    [['workspace'], 'xyzzy', 'remove it; the fields here are path, snapshot, git'],
    [['intent', 'network'], 'xyzzy', 'remove it'],
    [['nowhere', 'at', 'all'], 'xyzzy', 'remove it'],
  ] as const)('at %j, %s: %s', (path, key, mend) => {
    expect(mendUnknownField(Envelope, path, key)).toBe(mend);
  });

  it('is looked up inside records and lists too', () => {
    expect(mendUnknownField(Policy, ['credentials', 'ANY', 'live'], 'envv')).toBe('did you mean env?');
    expect(mendUnknownField(Policy, ['rules', 3], 'nam')).toBe('did you mean name?');
  });

  it('without a schema is only removed', () => {
    expect(mendUnknownField(undefined, [], 'x')).toBe('remove it');
  });
});

describe('the nearest candidate', () => {
  it('is none for what is far away, short or endless', () => {
    expect(nearest('zsh', ['bash', 'sh'])).toBe('sh');
    expect(nearest('fish', ['bash'])).toBeUndefined();
    expect(nearest('x'.repeat(1_000_000), ['command'])).toBeUndefined();
  });
});

describe('text of a stranger in a message', () => {
  it('holds no control, bidirectional or other characters that a terminal acts on', () => {
    expect(printable('a\u001b[2J\n\u202e\u0085é', 100)).toBe('a\\u001b[2J\\u000a\\u202e\\u0085\\u00e9');
    expect(printable('x'.repeat(300), 10)).toBe(`${'x'.repeat(10)}…`);
  });

  it('stands in quotes inside a dotted path', () => {
    expect(dotted(['env', 'A.B', 0])).toBe('env."A.B".0');
    expect(dotted(['env', 'A"\n'])).toBe('env."A\\"\\u000a"');
    expect(dotted([])).toBe('');
  });
});
