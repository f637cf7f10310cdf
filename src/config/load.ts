import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { isScalar, parseDocument, visit } from 'yaml';
import { readEnvironment } from './environment.ts';
import { ConfigError, type Finding } from './findings.ts';
import { buildPolicy } from './policy.ts';
import { policyFile } from './policy-file.ts';
import type { ChatName, Part, Policy, Settings } from './settings.ts';

export interface Sources {
  env: Readonly<Record<string, string | undefined>>;
  /** The text of a file, or null where there is none. */
  read: (path: string) => string | null;
  cwd: string;
}

/** The process's own environment and files. The only place that reads them. */
export function systemSources(cwd = process.cwd()): Sources {
  return { env: process.env, read: readOrNull, cwd };
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** @throws ConfigError with every finding at once where any is critical. */
export function loadSettings(part: Part, sources: Sources): { settings: Settings; warnings: Finding[] } {
  const dotenv = parseEnv(sources.read(resolve(sources.cwd, '.env')) ?? '');
  const env = { ...dotenv, ...sources.env };
  const environment = readEnvironment(env, part);
  const chats = meantChats(env, part);

  const path = env.PODWARDEN_CONFIG?.trim() || 'podwarden.yaml';
  const { policy, findings } = readPolicy(sources.read(resolve(sources.cwd, path)), chats);
  const all = [...environment.findings, ...findings];
  if (policy === null || all.some(({ level }) => level === 'critical')) throw new ConfigError(all);
  const { findings: _, ...rest } = environment;
  const dataPath = resolve(sources.cwd, environment.dataPath);
  return { settings: { ...rest, dataPath, policy }, warnings: all };
}

/** Chats that are there or half there. The worker has no chat tokens, yet judges by the same rules. */
function meantChats(env: Sources['env'], part: Part): ChatName[] {
  if (part === 'worker' || part === 'audit') return ['slack', 'discord'];
  const chats: ChatName[] = [];
  if (env.SLACK_BOT_TOKEN || env.SLACK_APP_TOKEN) chats.push('slack');
  if (env.DISCORD_TOKEN) chats.push('discord');
  return chats;
}

/** Reads the policy file alone; every violation at once, by path and never by value. */
export function readPolicy(
  text: string | null,
  configured: readonly ChatName[],
): { policy: Policy | null; findings: Finding[] } {
  const page = 'podwarden.example.yaml';
  if (text === null) {
    const problem = 'there is no such file: copy podwarden.example.yaml and name your rooms';
    return { policy: null, findings: [{ level: 'critical', name: 'PODWARDEN_CONFIG', problem, page }] };
  }
  const document = parseDocument(text);
  const [broken] = document.errors;
  if (broken) {
    const line = broken.linePos?.[0].line ?? 1;
    const problem = `is not YAML at line ${line} (${broken.code})`;
    return { policy: null, findings: [{ level: 'critical', name: 'PODWARDEN_CONFIG', problem, page }] };
  }
  const lost = unusableNames(document, page);
  const parsed = policyFile.safeParse(contents(document));
  if (parsed.success) {
    const { policy, findings } = buildPolicy(parsed.data, configured);
    return { policy, findings: [...lost, ...findings] };
  }
  const findings = parsed.error.issues.map(
    (issue): Finding => ({
      level: 'critical',
      name: issue.path.join('.') || 'PODWARDEN_CONFIG',
      problem: issue.code === 'unrecognized_keys' ? unknownKeys(issue.keys) : issue.message,
      page,
    }),
  );
  return { policy: null, findings: [...lost, ...findings] };
}

/** JavaScript's own name for what an object comes from: as a key it would vanish without a word. */
function unusableNames(document: ReturnType<typeof parseDocument>, page: string): Finding[] {
  const found: Finding[] = [];
  visit(document, {
    Pair(_, { key }, above) {
      if (!isScalar(key) || key.value !== '__proto__') return;
      const path = above.flatMap((node) => ('key' in node && isScalar(node.key) ? [String(node.key.value)] : []));
      const name = [...path, '__proto__'].join('.');
      found.push({ level: 'critical', name, problem: 'is a name that cannot be used here: choose another', page });
    },
  });
  return found;
}

/** An alias without its anchor is found only here. */
function contents(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS() ?? {};
  } catch {
    return null;
  }
}

/** Keys are words; what is none may be a secret that was pasted there. */
function unknownKeys(keys: readonly string[]): string {
  const shown = keys.map((key) => (/^[a-z_]{1,30}$/.test(key) ? key : '(not shown)'));
  return `there is no setting ${shown.join(', ')} here`;
}
