import { chatsOf } from '../../jobs/approvals.ts';
import { takesNoPosts } from '../../policy/posting.ts';
import { roomAt } from '../rooms.ts';
import type { Services } from '../services.ts';
import type { ChatHealth, LackingRoom } from '../views/health-chats.ts';

export async function readChats(services: Services): Promise<{ chats: ChatHealth[]; lacking: LackingRoom[] }> {
  const { pulses, places, policy, clocks, vitals } = services;
  const realNow = clocks.realNow();
  const now = clocks.now();
  const [states, lacking] = await Promise.all([
    pulses.states(chatsOf(policy), realNow, vitals.chats()),
    places.lacking(),
  ]);
  const on = (real: number | null) => (real === null ? null : now - (realNow - real));
  return {
    chats: states.map((state) => ({
      ...state,
      shutAt: on(state.shutAt),
      eventAt: on(state.eventAt),
      postedAt: on(state.postedAt),
      failing: state.failing && {
        since: now - (realNow - state.failing.since),
        why: state.failing.why,
        isLong: takesNoPosts(state.failing, realNow),
      },
    })),
    lacking: lacking.flatMap(({ place, lacks }) => {
      const room = roomAt(place, policy);
      return room === null ? [] : [{ room, chat: place.chat, lacks }];
    }),
  };
}
