/** What the control channel has told so far. A line from it is a claim: the command can write there too. */
export interface Story {
  readonly began: { readonly split: boolean; readonly atMs: number } | null;
  readonly ended: { readonly status: number; readonly atMs: number } | null;
  /** Why the runner ran nothing: no overlay over the workspace, or no such shell in the image. */
  readonly refused: 'uncovered' | 'shell' | null;
  /** Something was said that the runner never says, or says only once. */
  readonly tampered: boolean;
}

export const BLANK_STORY: Story = { began: null, ended: null, refused: null, tampered: false };

/** What a line is: part of the runner's story, or a step's marker to hand on. */
export type Told = { readonly story: Story; readonly marker: boolean };

/** Adds one line to the story. Markers count only between the begin and the end. */
export function tell(story: Story, line: string, atMs: number): Told {
  const tampered: Told = { story: { ...story, tampered: true }, marker: false };
  const inside = story.began !== null && story.ended === null;
  if (line.startsWith('s ')) return inside ? { story, marker: true } : tampered;

  const begin = /^b (split|whole)$/.exec(line);
  if (begin && story.began === null && story.refused === null)
    return { story: { ...story, began: { split: begin[1] === 'split', atMs } }, marker: false };

  const end = /^e (\d{1,3})$/.exec(line);
  if (end && inside) return { story: { ...story, ended: { status: Number(end[1]), atMs } }, marker: false };

  const refusal = /^f (uncovered|shell)$/.exec(line);
  if (refusal && story.began === null)
    return { story: { ...story, refused: refusal[1] as 'uncovered' | 'shell' }, marker: false };
  return tampered;
}
