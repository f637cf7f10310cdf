import type { Call } from '../../protocol.ts';
import { timeText } from '../parts/now.ts';
import { useValue } from '../store.ts';

/** Each call to RunPod as it happens, newest first. */
export function Calls() {
  const calls = useValue('calls') ?? [];
  return (
    <section className="runpod-calls" aria-labelledby="calls">
      <h3 id="calls">Calls to RunPod’s API</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <ol className="calls" tabIndex={0} aria-labelledby="calls">
        {[...calls].reverse().map((call) => (
          <CallLine key={call.n} call={call} />
        ))}
      </ol>
    </section>
  );
}

/** GraphQL has a POST for what only reads too. */
const isRead = (method: string, path: string) => method === 'GET' || /^\/graphql:(my|gpuTypes)/.test(path);

function CallLine({ call: { method, path, status, faulted, at, tookMs } }: { call: Call }) {
  const bad = faulted || (status !== null && status >= 400);
  return (
    <li className={bad ? 'call bad' : isRead(method, path) ? 'call' : 'call acts'}>
      <span>{timeText(at)}</span>
      <code>
        {method} {path.replace(/^\/v2/, '')}
      </code>
      <span>{tookMs === null ? '…' : `${status ?? 'cut'}, ${tookMs} ms`}</span>
    </li>
  );
}
