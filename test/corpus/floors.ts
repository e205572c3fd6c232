import type { RiskLevel } from '@drylane/proto/risk';
import type { Row, RowFile } from './rows.ts';

/** Rows of one class, the levels they should be at, and the least share that is. */
export interface Floor {
  readonly name: string;
  readonly file: RowFile;
  readonly holds: (row: Row) => boolean;
  /** Null where the levels are only shown: such rows may be of any. */
  readonly wanted: readonly RiskLevel[] | null;
  /** 0–1. Close under what is reached: a change that loses a few rows has to be looked at, not waved through. */
  readonly floor: number;
}

const LOW: readonly RiskLevel[] = ['low'];
const AT_MOST_MEDIUM: readonly RiskLevel[] = ['low', 'medium'];
const AT_LEAST_MEDIUM: readonly RiskLevel[] = ['medium', 'high'];

const own = (name: string, wanted: readonly RiskLevel[], floor: number): Floor => ({
  name,
  file: 'own.jsonl',
  holds: (row) => row.class === name,
  wanted,
  floor,
});

const benign = (name: string, wanted: readonly RiskLevel[] | null, floor: number): Floor => ({
  name,
  file: 'benign.jsonl',
  holds: (row) => row.class === name,
  wanted,
  floor,
});

/** What is measured. The figures of the rows that other people wrote are promised in the issue, or above. */
export const FLOORS: readonly Floor[] = [
  own('dangerous', AT_LEAST_MEDIUM, 0.99),
  own('destructive', AT_LEAST_MEDIUM, 0.98),
  own('readonly', LOW, 0.97),
  own('mentions', LOW, 0.98),
  own('mutating-local', AT_MOST_MEDIUM, 0.98),
  own('network', AT_MOST_MEDIUM, 0.9),
  own('runs-code', AT_LEAST_MEDIUM, 0.98),
  {
    name: 'dangerous strong',
    file: 'dangerous.jsonl',
    holds: (row) => row.strength === 'strong',
    wanted: AT_LEAST_MEDIUM,
    floor: 0.98,
  },
  {
    name: 'dangerous weak',
    file: 'dangerous.jsonl',
    holds: (row) => row.strength === 'weak',
    wanted: null,
    floor: 0,
  },
  benign('readonly', LOW, 0.99),
  {
    name: 'readonly mentions',
    file: 'benign.jsonl',
    holds: (row) => row.class === 'readonly' && row.adversarial_fp === true,
    wanted: LOW,
    floor: 0.98,
  },
  benign('mutating-local', AT_MOST_MEDIUM, 0.965),
  benign('destructive', AT_LEAST_MEDIUM, 0.97),
  benign('network', null, 0),
  benign('runs-code', null, 0),
  benign('unclassified', null, 0),
  { name: 'chains', file: 'chains.jsonl', holds: () => true, wanted: null, floor: 0 },
];
