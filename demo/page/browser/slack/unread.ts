import type { SlackPost } from '../../protocol.ts';

/** Up to where somebody has read: by channel, and by the message that a thread hangs on. */
export type ReadUpTo = Readonly<Record<string, number>>;

/** Threads count what came after the window was opened: nobody follows those from before. */
export const OPENED = 'opened';

export interface Unread {
  count: number;
  /** Some are for this reader by name. */
  mentioned: boolean;
}

export const newest = (posts: readonly SlackPost[]) => posts.reduce((last, { order }) => Math.max(last, order), -1);

export const mainOf = (posts: readonly SlackPost[], channel: string) =>
  posts.filter((post) => post.channel === channel && post.thread === null);

export const repliesTo = (posts: readonly SlackPost[], parent: string) =>
  posts.filter(({ thread }) => thread === parent);

const mentions = ({ text, blocks }: SlackPost, user: string) =>
  text.includes(`<@${user}>`) || JSON.stringify(blocks).includes(`<@${user}>`);

const after = (posts: readonly SlackPost[], at: number, me: string) =>
  posts.filter(({ order, author }) => order > at && author !== me);

export const unreadReplies = (replies: readonly SlackPost[], parent: string, read: ReadUpTo, me: string) =>
  after(replies, read[parent] ?? read[OPENED] ?? Number.POSITIVE_INFINITY, me);

/** As in Slack, a reply counts for its channel only where it is for the reader by name. */
export function unreadIn(posts: readonly SlackPost[], channel: string, read: ReadUpTo, me: string): Unread {
  const main = after(mainOf(posts, channel), read[channel] ?? -1, me);
  const replies = posts
    .filter((post) => post.channel === channel && post.thread !== null && mentions(post, me))
    .filter((post) => unreadReplies([post], post.thread ?? '', read, me).length > 0);
  const mentioned = channel === me || replies.length > 0 || main.some((post) => mentions(post, me));
  return { count: main.length + replies.length, mentioned };
}

/** What the reader said last, or was answered alone. */
export const newestOwn = (posts: readonly SlackPost[], me: string) =>
  posts.findLast(({ author, onlyYou }) => author === me || onlyYou)?.id;
