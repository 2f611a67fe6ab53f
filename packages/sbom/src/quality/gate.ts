import type { ProfileName, QualityReport } from './report.ts';

export interface QualityGate {
  /** From 0 to 100; 100 by default. */
  readonly minimumScore?: number | undefined;
  /** Each of these has to reach it; all that were judged by default. */
  readonly profiles?: readonly ProfileName[] | undefined;
}

export interface GateResult {
  readonly isPassed: boolean;
  readonly minimumScore: number;
  /** Those below the minimum; one that was not judged has no score. */
  readonly failures: readonly { readonly profile: ProfileName; readonly score?: number }[];
}

/** Whether a document is good enough. A profile that is asked for and was not judged fails, and so does a report of none. */
export function passGate(
  report: QualityReport,
  { minimumScore = 100, profiles }: QualityGate = {},
): GateResult {
  const scores = new Map(report.profiles.map(({ name, score }) => [name, score]));
  const wanted = profiles ?? [...scores.keys()];
  const failures = wanted.flatMap((profile) => {
    const score = scores.get(profile);
    if (score === undefined) return [{ profile }];
    // A minimum that is no number lets nothing through.
    return score >= minimumScore ? [] : [{ profile, score }];
  });
  return { isPassed: wanted.length > 0 && failures.length === 0, minimumScore, failures };
}
