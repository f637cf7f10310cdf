/** One thing that is wrong with the settings. Names and pages only: a value may be a secret. */
export interface Finding {
  level: 'critical' | 'warning';
  /** The variable, or the path in the policy file such as `rooms.gpu.slack.channel`. */
  name: string;
  problem: string;
  /** The page that explains it. */
  page: string;
}

export class ConfigError extends Error {
  readonly findings: readonly Finding[];

  constructor(findings: readonly Finding[]) {
    super(describeFindings(findings));
    this.name = 'ConfigError';
    this.findings = findings;
  }
}

/** A line a finding, criticals first. */
export function describeFindings(findings: readonly Finding[]): string {
  const order = { critical: 0, warning: 1 };
  return [...findings]
    .sort((a, b) => order[a.level] - order[b.level])
    .map(({ level, name, problem, page }) => `${level}: ${name}: ${problem} (see ${page})`)
    .join('\n');
}
