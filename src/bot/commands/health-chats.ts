import { chatsOf } from '../../jobs/approvals.ts';
import { chatIn, chatSubject } from '../../policy/findings/blind.ts';
import type { Finding } from '../../policy/findings/finding.ts';
import { takesNoPosts } from '../../policy/posting.ts';
import type { ChatState } from '../../store/pulses.ts';
import { roomAt } from '../rooms.ts';
import type { DisownedChat, Services } from '../services.ts';
import type { ChatHealth, LackingRoom } from '../views/health-chats.ts';

export async function readChats(
  services: Services,
  open: readonly Finding[],
): Promise<{ chats: ChatHealth[]; lacking: LackingRoom[] }> {
  const { pulses, places, policy, clocks, vitals } = services;
  const disowned = disownedBy(open, vitals.disowned());
  const named = [...new Set([...chatsOf(policy), ...disowned.keys()])];
  const [states, lacking] = await Promise.all([
    pulses.states(named, clocks.realNow(), vitals.chats()),
    places.lacking(),
  ]);
  return {
    chats: states.map((state) => healthOf(state, disowned.get(state.chat) ?? null, services)),
    lacking: lacking.flatMap(({ place, lacks }) => {
      const room = roomAt(place, policy);
      return room === null ? [] : [{ room, chat: place.chat, lacks }];
    }),
  };
}

function healthOf(state: ChatState, disowned: DisownedChat | null, { clocks }: Services): ChatHealth {
  const realNow = clocks.realNow();
  const on = (real: number) => clocks.now() - (realNow - real);
  const orNever = (real: number | null) => (real === null ? null : on(real));
  const { chat, isOpen, shutAt, eventAt, postedAt, failing } = state;
  return {
    chat,
    isOpen,
    shutAt: orNever(shutAt),
    eventAt: orNever(eventAt),
    postedAt: orNever(postedAt),
    failing: failing && { since: on(failing.since), why: failing.why, isLong: takesNoPosts(failing, realNow) },
    disowned,
  };
}

/** By chat: what is warned of, by whichever bot, and what this one knows that is not written yet. */
function disownedBy(open: readonly Finding[], own: readonly DisownedChat[]): Map<string, DisownedChat> {
  const warned = open.flatMap(({ rule, subject, facts }): DisownedChat[] => {
    const about = rule === 'blind' ? chatIn(subject) : null;
    if (about === null || facts.rule !== 'blind' || chatSubject(about.chat) !== subject) return [];
    return [{ chat: about.chat, why: facts.detail, since: facts.since }];
  });
  return new Map([...own, ...warned].map((one) => [one.chat, one]));
}
