/** A credential whose value stands in a file that the command wrote, in its name, or in where its link points. */
export interface Spill {
  readonly credential: string;
  /** As in evidence. */
  readonly path: string;
}
