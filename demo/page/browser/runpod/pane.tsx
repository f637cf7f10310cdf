import { useState } from 'react';
import type { AccountState, PodState } from '../../protocol.ts';
import { doAct } from '../act.ts';
import { agoText, useNow } from '../parts/now.ts';
import { useValue } from '../store.ts';
import { About } from './about.tsx';
import { Calls } from './calls.tsx';
import { perHour, usd } from './money.ts';
import { PodMenu } from './pod-menu.tsx';
import { Troubles } from './troubles.tsx';

/** RunPod as it is, whatever it says of itself. */
export function RunpodPane() {
  const account = useValue('account');
  return (
    <section className="runpod" aria-label="RunPod">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by keyboard */}
      <div className="runpod-state" tabIndex={0}>
        <h2>RunPod</h2>
        {account && <Money account={account} />}
        {account && <Fleet account={account} />}
        <Troubles />
        <About />
      </div>
      <Calls />
    </section>
  );
}

function Money({ account: { balance, burnPerHour, today } }: { account: AccountState }) {
  const hours = burnPerHour > 0 ? balance / burnPerHour : Number.POSITIVE_INFINITY;
  return (
    <dl className="figures">
      <div>
        <dt>Balance</dt>
        <dd data-figure="balance">{usd(balance)}</dd>
      </div>
      <div>
        <dt>Burns</dt>
        <dd>{perHour(burnPerHour)}</dd>
      </div>
      <div>
        <dt>Today</dt>
        <dd>{usd(today)}</dd>
      </div>
      <div>
        <dt>Lasts</dt>
        <dd>{lasting(hours)}</dd>
      </div>
    </dl>
  );
}

function lasting(hours: number): string {
  if (hours <= 0) return 'used up';
  if (hours > 24 * 365) return 'over a year';
  return hours < 48 ? `${Math.floor(hours)} h` : `${Math.floor(hours / 24)} days`;
}

function Fleet({ account: { pods, volumes } }: { account: AccountState }) {
  return (
    <section aria-labelledby="fleet">
      <h3 id="fleet">Fleet, with its disks</h3>
      {pods.length === 0 && <p className="none">No pods.</p>}
      <ul className="fleet">
        {pods.map((pod) => (
          <Pod key={pod.id} pod={pod} />
        ))}
        {volumes.map(({ id, name, size, perHour: cost }) => (
          <li key={id} className="pod">
            <b className="pod-name">{name}</b>
            <span className="status">volume</span>
            <span>network volume, {size} GB</span>
            <span className="cost">{perHour(cost)}</span>
          </li>
        ))}
      </ul>
      <AccountActs />
    </section>
  );
}

function Pod({ pod }: { pod: PodState }) {
  const now = useNow();
  return (
    <li className="pod" data-pod={pod.id} data-status={pod.status}>
      <b className="pod-name">{pod.name}</b>
      <span className="status">{pod.silent ? 'RUNNING, silent' : pod.status}</span>
      <span>
        {pod.gpuCount === 0 ? 'no GPU' : `${pod.gpuCount} × ${pod.gpu}`}, {pod.spot ? 'spot' : 'on-demand'}
      </span>
      <span className="cost">{perHour(pod.compute + pod.storage)}</span>
      <span className="pod-more">
        {stateWords(pod, now)} · {pod.disk} GB disk, {pod.volume} GB volume disk · {pod.dataCenter}
      </span>
      <PodMenu pod={pod} />
    </li>
  );
}

function stateWords({ status, util, since }: PodState, now: number): string {
  const ago = agoText(since, now);
  if (status === 'RUNNING') return `up since ${ago}, GPU ${util} % busy`;
  return status === 'EXITED' || status === 'ERROR' ? `off since ${ago}` : `rented ${ago}`;
}

const BALANCES = [15, 60, 250];

/** What happens to an account outside of the chats. */
function AccountActs() {
  const [created, setCreated] = useState(1);
  return (
    <div className="chips">
      <span className="chips-label">Set the balance to</span>
      {BALANCES.map((amount) => (
        <button
          key={amount}
          type="button"
          aria-label={`Set the balance to $${amount}`}
          onClick={() => void doAct({ kind: 'fault', name: 'balance', value: String(amount) })}
        >
          ${amount}
        </button>
      ))}
      <button
        type="button"
        onClick={() => {
          void doAct({ kind: 'fault', name: 'console', value: `create:by-hand-${created}` });
          setCreated(created + 1);
        }}
      >
        Create a pod in RunPod’s console
      </button>
    </div>
  );
}
