/** What is said of an event where it cannot be said what became of it. */
const LOOK = 'Look at the pod’s card or /pod list before you try again.';

export const STORE_AWAY = `Podwarden’s store (Redis) is not responding. I keep trying for ten minutes and answer here when it is done. ${LOOK}`;
export const GIVEN_UP = `Podwarden’s store (Redis) did not take this before I had to stop trying, so I cannot tell whether it is done. ${LOOK}`;
export const TOO_OLD = `Podwarden was down when you did this more than ten minutes ago, so I did not finish it. ${LOOK}`;
export const NO_FORM =
  'Podwarden’s store (Redis) is not responding, so the form could not open and nothing was requested. Try again in a minute.';
export const UNREADABLE = `Podwarden was updated before it could finish this. ${LOOK}`;
