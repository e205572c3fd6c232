import { userName } from '../user.ts';

/** Who submits on this machine: a process of a user. A person at a terminal is somebody else, who may approve. */
export function submitter(): string {
  return `process:${userName()}`;
}
