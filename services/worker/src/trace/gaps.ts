/** Why a trace cannot be believed to show everything. */
export const GAPS = {
  line: 'a line of the trace could not be read',
  longLine: 'a line of the trace was too long',
  cutOff: 'the trace ended in the middle of a line',
  noEnd: 'the trace does not show how the shell ended',
  tampering: 'the command reached for what watches it',
  exec: 'the arguments of a started program could not be read',
  network: 'a network call could not be read',
  untraced: 'a process was made that the tracer cannot follow',
  filter: 'the command put itself between its calls and the tracer',
  parent: 'the trace does not tell who made a process',
  reused: 'a process number was given again without its process having ended',
  lost: 'the tracer missed a call after a thread started a program',
  attempts: 'more was reached for than is kept',
  sightings: 'made-up credentials were seen more often than is kept',
  tooMany: 'there were more processes than are followed',
} as const;

/** The name of a reason. */
export type Gap = keyof typeof GAPS;
