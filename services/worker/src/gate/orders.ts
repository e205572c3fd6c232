/** What drylane tells the opener to open. */
export interface OpenOrder {
  readonly id: number;
  readonly kind: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

/** What the opener answers, with the socket beside it unless there was a fault: the code of a system error. */
export interface Opened {
  readonly id: number;
  readonly fault: string | null;
}
