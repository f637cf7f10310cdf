import type { PodState } from '../../protocol.ts';
import { doAct } from '../act.ts';

interface PodAct {
  label: string;
  fault: [name: string, value: string];
  /** Whether it makes sense for a pod as it is. */
  fits: (pod: PodState) => boolean;
}

const isUp = ({ status }: PodState) => status === 'RUNNING';
const isOff = ({ status }: PodState) => status === 'EXITED' || status === 'ERROR';

const actsOn = (id: string): PodAct[] => [
  { label: 'Outbid it: RunPod takes the GPU back', fault: ['evict', id], fits: (pod) => isUp(pod) && pod.spot },
  { label: 'Its GPU idles', fault: ['idle', id], fits: (pod) => isUp(pod) && pod.util > 0 },
  { label: 'Its GPU is busy', fault: ['busy', id], fits: (pod) => isUp(pod) && pod.util === 0 },
  { label: 'It ends with an error', fault: ['error', id], fits: isUp },
  { label: 'Stop it in RunPod’s console', fault: ['console', `stop:${id}`], fits: isUp },
  { label: 'Start it in RunPod’s console', fault: ['console', `start:${id}`], fits: isOff },
  { label: 'Terminate it in RunPod’s console', fault: ['console', `terminate:${id}`], fits: () => true },
];

/** What can befall a pod without anybody asking the bot. */
export function PodMenu({ pod }: { pod: PodState }) {
  return (
    <details className="pod-menu">
      <summary aria-label={`What can happen… to ${pod.name}`}>What can happen…</summary>
      {actsOn(pod.id)
        .filter(({ fits }) => fits(pod))
        .map(({ label, fault: [name, value] }) => (
          <button key={label} type="button" onClick={() => void doAct({ kind: 'fault', name, value })}>
            {label}
          </button>
        ))}
    </details>
  );
}
