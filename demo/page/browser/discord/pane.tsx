import type { Person } from '../../protocol.ts';
import { useDiscordPosts } from '../store.ts';

export function DiscordPane({ me }: { me: Person }) {
  const posts = useDiscordPosts();
  return (
    <section aria-label="Discord">
      {me}: {posts.length}
    </section>
  );
}
