import { bare } from './identity.ts';

/** What is read of an entry of the audit log. */
export interface LoggedEntry {
  kind: string;
  /** `<account> (<person>)`. */
  actor: string | null;
  facts: Record<string, string | number | boolean | null>;
}

interface Story {
  pod: unknown;
  by: string | null;
  /** Bare accounts that count as whoever asked. */
  self: Set<string>;
  quorum: number;
  voters: Set<string>;
  decided: boolean;
  ended: string | null;
}

const DECIDED: readonly unknown[] = ['approved', 'held'];
const ENDED: readonly unknown[] = ['denied', 'expired', 'cancelled', 'void', 'failed', 'done'];

const accountOf = (actor: string) => bare(actor.replace(/ .*$/, ''));
const personOf = (actor: string) => / \((.*)\)$/.exec(actor)?.[1] ?? accountOf(actor);

/** Reads the log in its order, and says of each deletion whether the log before it shows that others approved it. */
export class DeletionReview {
  private readonly stories = new Map<string, Story>();

  /** What is wrong with the deletion that this entry records; null for anything else. */
  next(entry: LoggedEntry): string | null {
    const { request } = entry.facts;
    if (typeof request !== 'string') return null;
    if (entry.kind === 'runpod-delete') return this.judged(request, entry);
    if (entry.kind.startsWith('request-')) this.follow(request, entry);
    return null;
  }

  private follow(request: string, { kind, actor, facts }: LoggedEntry): void {
    // One that is made twice was put back: what the log says of it before still holds.
    if (kind === 'request-made' && !this.stories.has(request)) {
      const quorum = typeof facts.quorum === 'number' ? facts.quorum : 1;
      const self = new Set(actor === null ? [] : [accountOf(actor)]);
      const story = { pod: facts.pod, by: actor, self, quorum, voters: new Set<string>(), decided: false, ended: null };
      this.stories.set(request, story);
    }
    const story = this.stories.get(request);
    if (!story) return;
    if (kind === 'request-joined') for (const account of String(facts.accounts).split(' ')) story.self.add(account);
    if (kind === 'request-approved' && actor !== null) story.voters.add(actor);
    if (kind === 'request-approved' && DECIDED.includes(facts.status)) story.decided = true;
    if (ENDED.includes(facts.status)) story.ended = String(facts.status);
  }

  private judged(request: string, { facts }: LoggedEntry): string | null {
    const why = this.problemOf(this.stories.get(request), facts.pod);
    return why && `deleted pod ${facts.pod} for request ${request}, and ${why}`;
  }

  private problemOf(story: Story | undefined, pod: unknown): string | null {
    if (!story) return 'no entry before it shows who asked for that';
    if (story.pod !== pod) return `that request was for pod ${story.pod}`;
    if (story.ended !== null) return `that request had ended before (${story.ended})`;
    const asker = story.by === null ? null : personOf(story.by);
    const others = [...story.voters].filter((who) => personOf(who) !== asker && !story.self.has(accountOf(who)));
    const persons = new Set(others.map(personOf)).size;
    if (persons === 0) return 'no entry before it shows that somebody else approved that';
    if (!story.decided || persons < story.quorum) return `only ${persons} of ${story.quorum} others had approved that`;
    return null;
  }
}
