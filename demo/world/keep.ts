import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { deserialize, serialize } from 'node:v8';
import type { ChatFaults, Timeline } from '../../emulators/chat.ts';
import type { DiscordEmulator } from '../../emulators/discord/server.ts';
import type { RecordedCall, RunpodEmulator } from '../../emulators/runpod/server.ts';
import type { SlackEmulator } from '../../emulators/slack/server.ts';
import type { SharedClock } from './clock.ts';

type Own = Record<string, unknown>;

/** What of a world is kept. */
interface Keepable {
  id: string;
  clock: SharedClock;
  timeline: Timeline;
  slack: SlackEmulator;
  discord: DiscordEmulator;
  runpod: RunpodEmulator;
}

/** What the emulators hold, so that a demo goes on where it ended. */
export interface Kept {
  format: number;
  id: string;
  /** The demo's clock, ms since 1970. */
  at: number;
  timeline: number;
  slack: Own;
  discord: Own;
  account: Own;
  book: Own;
  faults: Own;
  chatFaults: { slack: ChatFaults; discord: ChatFaults };
  calls: RecordedCall[];
}

/** Raised when the shape of anything kept changes: an older file is then as good as none. */
const FORMAT = 1;
const CALLS = 200;
/** How far the clock may be behind after a kill, where nothing happened. */
const IDLE_MS = 10_000;

/** The file in which a world is kept. */
export class Keep {
  private readonly path: string;
  private last = '';
  private writtenAt = 0;

  constructor(path: string) {
    this.path = path;
  }

  /** Null where there is none, or none that this release understands. */
  read(): Kept | null {
    try {
      const kept = deserialize(readFileSync(this.path)) as Kept;
      return kept.format === FORMAT ? kept : null;
    } catch {
      return null;
    }
  }

  /** Where something happened since, and else now and then, since time goes on by itself. */
  writeIfMoved(world: Keepable): void {
    const signature = signatureOf(world);
    if (signature === this.last && Date.now() - this.writtenAt < IDLE_MS) return;
    this.write(world);
    this.last = signature;
  }

  write(world: Keepable): void {
    const { account, calls, faults } = world.runpod;
    const kept: Kept = {
      format: FORMAT,
      id: world.id,
      at: world.clock.now(),
      timeline: world.timeline.now(),
      // What answers an interaction dies with the addresses of a run.
      slack: own(world.slack.workspace, ['triggers', 'responses']),
      discord: own(world.discord.server, ['interactions']),
      account: own(account, ['book', 'delays']),
      book: own(account.book),
      faults: own(faults),
      chatFaults: { slack: world.slack.faults, discord: world.discord.faults },
      calls: calls.slice(-CALLS),
    };
    writeFileSync(`${this.path}.new`, serialize(kept), { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
    this.writtenAt = Date.now();
  }
}

/** Changes with all that happens, and not with time alone. */
function signatureOf({ timeline, clock, slack, discord, runpod: { account, calls, faults } }: Keepable): string {
  const charged = account.balance + account.book.since(0);
  return JSON.stringify([
    [timeline.now(), calls.length, clock.offset(), charged.toFixed(2)],
    [faults, slack.faults, discord.faults],
    [...account.pods.values()],
  ]);
}

function own(of: object, without: readonly string[] = []): Own {
  const kept = Object.entries(of).filter(([name, value]) => typeof value !== 'function' && !without.includes(name));
  return Object.fromEntries(kept);
}

/** Puts what was kept into emulators that are new. */
export function restore(kept: Kept, world: Keepable): void {
  world.timeline.goOnFrom(kept.timeline);
  Object.assign(world.slack.workspace, kept.slack);
  Object.assign(world.discord.server, kept.discord);
  Object.assign(world.runpod.account, kept.account);
  Object.assign(world.runpod.account.book, kept.book);
  Object.assign(world.runpod.faults, kept.faults);
  Object.assign(world.slack.faults, kept.chatFaults.slack);
  Object.assign(world.discord.faults, kept.chatFaults.discord);
  world.runpod.calls.push(...kept.calls);
}
