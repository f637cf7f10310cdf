import type { AccountState, ChatName, DiscordPost, Json, OpenForm, Person, SlackPost } from '../../protocol.ts';
import type { Act } from '../../requests.ts';
import { doAct } from '../act.ts';
import { store } from '../store.ts';

/** What the tour remembers from step to step: ids of what came of them. */
export type Memory = Record<string, string>;

/** Where a step began: what is newer than that came of it. */
export interface Since {
  /** The place of the newest change. */
  order: number;
  pods: string[];
}

export interface Found {
  chat: ChatName;
  post: SlackPost | DiscordPost;
  text: string;
}

/** Which of the messages count. */
interface Where {
  /** Those after this place, instead of those since the step began. */
  after?: number;
  /** Those too that were edited since. */
  edited?: boolean;
  /** Those to this person alone, instead of those to all. */
  privately?: boolean;
  /** Those in the thread of this message. */
  thread?: string | undefined;
  /** Those with a button that begins so. */
  button?: string;
}

/** What a step can see of the world, as the person at this window sees it. */
export class Scene {
  readonly me: Person;
  readonly since: Since;
  readonly memory: Memory;

  constructor(me: Person, since: Since, memory: Memory) {
    this.me = me;
    this.since = since;
    this.memory = memory;
  }

  get account(): AccountState | undefined {
    return store.get('account');
  }

  form(chat: ChatName): OpenForm | undefined {
    return store.get(`form/${chat}`);
  }

  pod(id: string | undefined) {
    return this.account?.pods.find((pod) => pod.id === id);
  }

  /** The bot's newest message that says this. */
  said(chat: ChatName, pattern: RegExp, { after, edited, privately, thread, button }: Where = {}): Found | undefined {
    const posts = store.all<SlackPost | DiscordPost>(`${chat}/`).sort((a, b) => b.order - a.order);
    for (const post of posts) {
      if (post.author !== null || post.onlyYou !== (privately ?? false)) continue;
      if ((edited ? post.changed : post.order) <= (after ?? this.since.order)) continue;
      if (thread !== undefined && 'thread' in post && post.thread !== thread) continue;
      const text = textOf(post);
      const found = { chat, post, text };
      if (pattern.test(text) && (button === undefined || buttonOn(found, button))) return found;
    }
    return undefined;
  }

  /** As it is now. */
  post(chat: ChatName, id: string | undefined): Found | undefined {
    const post = id === undefined ? undefined : store.get(chat === 'slack' ? `slack/${id}` : `discord/${id}`);
    return post ? { chat, post, text: textOf(post) } : undefined;
  }
}

/** Everything that a message says, for a search. */
const textOf = (post: SlackPost | DiscordPost): string =>
  'blocks' in post ? JSON.stringify([post.text, post.blocks]) : JSON.stringify([post.content, post.embeds]);

/** The button whose label begins so. */
export function buttonOn({ post }: Found, label: string): { id: string; label: string } | undefined {
  const rows = ('blocks' in post ? post.blocks : post.components) as { elements?: Json[]; components?: Json[] }[];
  const buttons = rows.flatMap((row) => row.elements ?? row.components ?? []);
  return buttons
    .map((button) => ({
      id: String(button.action_id ?? button.custom_id),
      label: String((button.text as Json | undefined)?.text ?? button.label ?? ''),
    }))
    .find((button) => button.label.startsWith(label));
}

export function now(): Since {
  const posts = [...store.all<{ changed: number }>('slack/'), ...store.all<{ changed: number }>('discord/')];
  return {
    order: Math.max(0, ...posts.map(({ changed }) => changed)),
    pods: store.get('account')?.pods.map(({ id }) => id) ?? [],
  };
}

/** What the tour does where somebody lets it. All of it ends with a problem in words, or null. */
export interface Hands {
  /** The world as it is at this moment. */
  scene: () => Scene;
  become: (person: Person) => void;
  act: (act: Act) => Promise<string | null>;
  press: (found: Found | undefined, label: string) => Promise<string | null>;
  /** Waits for something to be so. */
  until: (holds: (scene: Scene) => boolean) => Promise<string | null>;
  /** Lets time pass until something is so, at most this long. */
  pass: (ms: number, holds: (scene: Scene) => boolean) => Promise<string | null>;
}

const WAIT_MS = 30_000;
const PASS_WAIT_MS = 300_000;
const NOT_THERE = 'That is not there yet: a moment, please.';

export function handsOn(scene: () => Scene, become: (person: Person) => void): Hands {
  const act = async (one: Act) => {
    const answer = await doAct(one);
    return answer.ok ? null : answer.problem;
  };
  const wait = (holds: () => boolean, ms: number) =>
    new Promise<boolean>((resolve) => {
      const end = (held: boolean) => {
        stop();
        clearTimeout(timer);
        resolve(held);
      };
      const timer = setTimeout(() => end(false), ms);
      const stop = store.subscribe(() => holds() && end(true));
      if (holds()) end(true);
    });
  return {
    scene,
    become,
    act,
    press: async (found, label) => {
      const button = found && buttonOn(found, label);
      if (!found || !button) return NOT_THERE;
      const { chat, post } = found;
      return act({ kind: 'press', chat, person: scene().me, message: post.id, button: button.id, label: button.label });
    },
    until: async (holds) => ((await wait(() => holds(scene()), WAIT_MS)) ? null : NOT_THERE),
    pass: async (ms, holds) => {
      const refused = await act({ kind: 'clock', ms });
      if (refused !== null) return refused;
      await wait(() => store.get('clock')?.move != null, WAIT_MS);
      await wait(() => holds(scene()) || store.get('clock')?.move === null, PASS_WAIT_MS);
      await act({ kind: 'clock', ms: null });
      return holds(scene()) ? null : 'It did not come in that time: let some more pass.';
    },
  };
}
