import { activeFaults } from '../world/faults.ts';
import type { Stage } from '../world/stage.ts';
import type { World } from '../world/world.ts';
import type { Person } from './protocol.ts';
import type { TimeKeeper } from './time-keeper.ts';
import { accountState, newestCalls } from './views/account.ts';
import { discordDirectory, discordForm, discordPosts } from './views/discord.ts';
import { slackDirectory, slackForm, slackPosts } from './views/slack.ts';

/** Values by key, as `Mirrored` in the protocol names them. */
export type Changes = Record<string, unknown>;

/** One window's picture of the world: what it was told, and so what is news to it. */
export class Mirror {
  private readonly stage: Stage;
  private readonly time: TimeKeeper;
  private readonly person: Person;
  private told = new Map<string, string>();
  private run = '';
  /** The position on the time line up to which messages were told. */
  private upTo = -1;

  constructor(stage: Stage, time: TimeKeeper, person: Person) {
    this.stage = stage;
    this.time = time;
    this.person = person;
  }

  /** What changed since the last call; null where nothing did. */
  changes(): Changes | null {
    const { stage } = this;
    if (stage.run !== this.run) {
      this.told.clear();
      this.upTo = -1;
      this.run = stage.run;
    }
    const values = { start: { run: stage.run, ...stage.state }, ...(stage.world ? this.seen(stage.world) : {}) };
    const news = Object.entries(values).filter(([key, value]) => this.isNews(key, value));
    const posts = stage.world ? this.posts(stage.world) : [];
    if (news.length + posts.length === 0) return null;
    return Object.fromEntries([...news, ...posts]);
  }

  private isNews(key: string, value: unknown): boolean {
    const text = JSON.stringify(value);
    if (this.told.get(key) === text) return false;
    this.told.set(key, text);
    return true;
  }

  private seen(world: World): Changes {
    const { slack, discord, runpod } = world;
    return {
      clock: this.time.state(world),
      parts: world.parts(),
      trouble: activeFaults(world),
      account: accountState(runpod.account),
      calls: newestCalls(runpod),
      'directory/slack': slackDirectory(slack, this.person),
      'directory/discord': discordDirectory(discord, this.person),
      'form/slack': slackForm(slack, this.person),
      'form/discord': discordForm(discord, this.person),
      'commands/discord': discord.server.commands,
    };
  }

  private posts({ timeline, slack, discord }: World): [string, unknown][] {
    const since = this.upTo;
    this.upTo = timeline.now();
    if (since === this.upTo) return [];
    return [
      ...slackPosts(slack, this.person, since).map((post): [string, unknown] => [`slack/${post.id}`, post]),
      ...discordPosts(discord, this.person, since).map((post): [string, unknown] => [`discord/${post.id}`, post]),
    ];
  }
}
