import { useEffect, useState } from 'react';
import { PEOPLE, type Person } from '../../protocol.ts';
import { store } from '../store.ts';

const asked = () => new URLSearchParams(location.search).get('as');

/** Who sits at this window: each has its own, and keeps it over a reload. */
export function useMe(): [Person, (person: Person) => void] {
  const [me, setMe] = useState<Person>(() => PEOPLE.find((name) => name === asked()) ?? 'alice');
  useEffect(() => {
    history.replaceState(null, '', `?as=${me}`);
    store.watch(me);
  }, [me]);
  return [me, setMe];
}
