import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BLANK_STORY, type Story, tell } from './protocol.ts';

const after = (...lines: string[]): Story =>
  lines.reduce((story, line, i) => tell(story, line, i).story, BLANK_STORY);

describe('the story that the control channel tells', () => {
  it('is begin, markers, end', () => {
    const story = after('b split', 's 0 0 -hBc 0', 's 1 1 -hBc 1', 'e 1');
    expect(story).toEqual({
      began: { split: true, atMs: 0 },
      ended: { status: 1, atMs: 3 },
      refused: null,
      tampered: false,
    });
  });

  it('hands on markers between begin and end, and no others', () => {
    expect(tell(after('b split'), 's 0 0 -hBc 0', 1).marker).toBe(true);
    expect(tell(BLANK_STORY, 's 0 0 -hBc 0', 1)).toMatchObject({ marker: false, story: { tampered: true } });
    expect(tell(after('b split', 'e 0'), 's 0 0 -hBc 0', 1).story.tampered).toBe(true);
  });

  it.each([
    ['a second begin', ['b split', 'b split']],
    ['a second end', ['b whole', 'e 0', 'e 1']],
    ['an end before the begin', ['e 0']],
    ['an uncovered workspace once the command runs', ['b whole', 'f uncovered']],
    ['a begin after an uncovered workspace', ['f uncovered', 'b split']],
    ['a status that is no number', ['b whole', 'e -1']],
    ['an empty line', ['b whole', '']],
  ])('is tampered with by %s', (_, lines) => {
    expect(after(...lines).tampered).toBe(true);
  });

  it('never takes back that it was tampered with, and never changes its first begin or end', () => {
    const line = fc.oneof(
      fc.constantFrom('b split', 'b whole', 'e 0', 'e 7', 'f uncovered', 's 0 0 -c'),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        let story: Story = BLANK_STORY;
        for (const [i, text] of lines.entries()) {
          const next = tell(story, text, i).story;
          if (story.tampered) expect(next.tampered).toBe(true);
          if (story.began) expect(next.began).toEqual(story.began);
          if (story.ended) expect(next.ended).toEqual(story.ended);
          story = next;
        }
      }),
    );
  });
});
