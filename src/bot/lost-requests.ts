import type { Loss } from '../policy/store-loss.ts';
import type { StoreWitness } from '../store/witness.ts';
import { type Message, note } from './message/message.ts';
import type { Services } from './services.ts';

const HAPPENED: Record<Loss['kind'], string> = {
  emptied: 'Redis was emptied',
  'rolled-back': 'Redis went back to an older state',
};

/** Whoever waits for an approval, and does not look at warnings, hears that none will come. Once, by one bot. */
export async function tellLostRequests(
  witness: StoreWitness,
  services: Pick<Services, 'tellPrivately'>,
): Promise<void> {
  const lost = await witness.takeUntold();
  for (const request of lost?.requests ?? []) {
    await services.tellPrivately(
      request.by.account,
      lostRequest(request.name, lost?.kind ?? 'emptied'),
      `lost-${request.id}`,
    );
  }
}

function lostRequest(name: string, kind: Loss['kind']): Message {
  return note(
    'warn',
    `${HAPPENED[kind]}, and your request to terminate ${name} is lost. Nothing was terminated by it. If you still want it, run /pod terminate ${name} again; its old card does nothing.`,
  );
}
