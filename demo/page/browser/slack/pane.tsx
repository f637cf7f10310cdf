import type { Person } from '../../protocol.ts';
import { useSlackPosts } from '../store.ts';

export function SlackPane({ me }: { me: Person }) {
  const posts = useSlackPosts();
  return (
    <section aria-label="Slack">
      {me}: {posts.length}
    </section>
  );
}
