import { useCallback, useRef, useSyncExternalStore } from 'react';
import type { DiscordPost, Mirrored, Person, SlackPost } from '../protocol.ts';

type Listener = () => void;
/** How soon a window asks again for a demo that is away. */
const AGAIN_MS = 1000;

/** The window's picture of the world, kept up to date by the server's events. */
class Store {
  /** Whether the server is heard. */
  heard = false;
  private values = new Map<string, unknown>();
  private version = 0;
  private readonly listeners = new Set<Listener>();
  private socket: WebSocket | null = null;

  /** What another person saw stays until the first news for this one. */
  watch(person: Person): void {
    const before = this.socket;
    this.socket = null;
    before?.close();
    this.connect(person);
  }

  private connect(person: Person): void {
    const socket = new WebSocket(`ws://${location.host}/events?as=${person}`);
    this.socket = socket;
    // A connection begins with everything.
    let fresh = true;
    socket.onmessage = ({ data }) => {
      if (this.socket !== socket) return;
      const changes = JSON.parse(data) as Record<string, unknown>;
      if (fresh || this.isOtherRun(changes)) this.values = new Map();
      fresh = false;
      for (const [key, value] of Object.entries(changes)) this.values.set(key, value);
      this.heard = true;
      this.moved();
    };
    socket.onclose = () => {
      if (this.socket !== socket) return;
      this.heard = false;
      this.moved();
      setTimeout(() => this.socket === socket && this.connect(person), AGAIN_MS);
    };
  }

  private isOtherRun({ start }: Record<string, unknown>): boolean {
    const before = this.get('start')?.run;
    return start !== undefined && before !== undefined && (start as { run: string }).run !== before;
  }

  private moved(): void {
    this.version += 1;
    for (const listener of this.listeners) listener();
  }

  get<K extends keyof Mirrored>(key: K): Mirrored[K] | undefined {
    return (this.values.get(key) ?? undefined) as Mirrored[K] | undefined;
  }

  all<T>(prefix: string): T[] {
    return [...this.values].filter(([key]) => key.startsWith(prefix)).map(([, value]) => value as T);
  }

  at(): number {
    return this.version;
  }

  readonly subscribe = (listener: Listener) => {
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
    };
  };
}

export const store = new Store();

/** One value; undefined until it came, and for what is gone. */
export function useValue<K extends keyof Mirrored>(key: K): Mirrored[K] | undefined {
  return useSyncExternalStore(
    store.subscribe,
    useCallback(() => store.get(key), [key]),
  );
}

/** Another number whenever anything changed. */
export function useChanges(): number {
  return useSyncExternalStore(store.subscribe, () => store.at());
}

export function useHeard(): boolean {
  return useSyncExternalStore(store.subscribe, () => store.heard);
}

export function useSlackPosts(): SlackPost[] {
  return usePosts<SlackPost>('slack/');
}

export function useDiscordPosts(): DiscordPost[] {
  return usePosts<DiscordPost>('discord/');
}

/** All messages of a chat that the person sees, in the order in which they were posted. */
function usePosts<T extends { order: number }>(prefix: string): T[] {
  const last = useRef<{ at: number; posts: T[] }>({ at: -1, posts: [] });
  return useSyncExternalStore(store.subscribe, () => {
    const at = store.at();
    if (last.current.at !== at) {
      const posts = store.all<T>(prefix).sort((a, b) => a.order - b.order);
      const same = posts.length === last.current.posts.length && posts.every((p, i) => p === last.current.posts[i]);
      last.current = { at, posts: same ? last.current.posts : posts };
    }
    return last.current.posts;
  });
}
