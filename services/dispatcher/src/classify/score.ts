import type { Risk, RiskDimension, RiskLevel, RiskReason } from '@drylane/proto/risk';

/** Points, 0–10, from which on a command is of medium and of high risk. */
export interface Thresholds {
  readonly medium: number;
  readonly high: number;
}

/**
 * How reasons become a score. A dimension is as bad as its worst reason, so that a long harmless script does not
 * add up to a dangerous one. The score is the worst dimension and half of the next, rounded, at most 10: rewriting
 * files (write 4) which a wildcard chooses (blast radius 2) is 4 + 1 = 5.
 */
export function scoreOf(reasons: readonly RiskReason[]): Pick<Risk, 'score' | 'dimensions'> {
  const worst = (dimension: RiskDimension): number =>
    reasons.reduce((points, r) => (r.dimension === dimension ? Math.max(points, r.points) : points), 0);
  const dimensions = {
    write: worst('write'),
    network: worst('network'),
    credential: worst('credential'),
    blast_radius: worst('blast_radius'),
  };
  const [first = 0, second = 0] = Object.values(dimensions).sort((a, b) => b - a);
  return { score: Math.min(10, Math.round(first + second / 2)), dimensions };
}

export function levelOf(score: number, { medium, high }: Thresholds): RiskLevel {
  if (score >= high) return 'high';
  return score >= medium ? 'medium' : 'low';
}
