/** What is said of an event where it cannot be said what became of it. */
const LOOK = 'Look at the pod’s card or /pod list before you try again.';

export const STORE_AWAY = `Podwarden’s store (Redis) is not responding. I keep trying for ten minutes and answer here when it is done. ${LOOK}`;
export const GIVEN_UP = `Podwarden’s store (Redis) did not take this before I had to stop trying, so I cannot tell whether it is done. ${LOOK}`;
export const TOO_OLD = `You did this more than ten minutes ago, and Podwarden went down before it answered. I do not go on with it now, and cannot tell whether it was done. ${LOOK}`;
export const NO_FORM =
  'Podwarden’s store (Redis) is not responding, so the form could not open and nothing was requested. Try again in a minute.';
export const UNREADABLE = `Podwarden was restarted before it answered this, and cannot read any more what you asked for, so I cannot tell whether it was done. ${LOOK}`;
