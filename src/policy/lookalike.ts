/** Letters of other scripts that look like Latin ones. Source: Unicode's confusables.txt, those that names are forged with. */
const FROM = 'АВЕЅІЈКМНОРСТУХԌԛԝаеѕіјорсухһԁɡɑıΑΒΕΖΗΙΚΜΝΟΡΤΥΧαικνορτυχӏ';
const TO = 'abesijkmhopctyxgqwaesijopcyxhdgaiabezhikmnoptyxaikvoptuxl';
const LIKE = new Map([...FROM].map((letter, i) => [letter, TO[i] ?? '']));

const latin = (name: string): string => [...name].map((letter) => LIKE.get(letter) ?? letter).join('');

/** What a name looks like at a glance: letters and digits alone, in one case, without accents and other scripts' twins. */
function glance(latinized: string): string {
  return latinized
    .normalize('NFKD')
    .replace(/[^\p{L}\p{N}]|\p{Default_Ignorable_Code_Point}/gu, '')
    .replace(/[i1]/g, 'l')
    .replace(/0/g, 'o')
    .replace(/rn/g, 'm')
    .replace(/vv/g, 'w');
}

/** Capitals have other twins than small letters; and a name in another script is the same in either case. */
function alike(one: string, other: string): boolean {
  const asWritten = (name: string) => glance(latin(name.normalize('NFKC')).toLowerCase());
  const inSmall = (name: string) => glance(latin(name.normalize('NFKC').toLowerCase()));
  return [asWritten, inSmall].some((look) => look(one) !== '' && look(one) === look(other));
}

interface Known {
  key: string;
  name: string;
}

/** What is said after the name of an account that is declared nowhere, and looks like somebody who is; empty otherwise. */
export function markFor(name: string, people: readonly Known[]): string {
  const like = people.find((person) => alike(person.name, name) || alike(person.key, name));
  return like ? ` (not the ${like.name} in people)` : '';
}

/** The mark at the end of a name that has one. */
export const markIn = (name: string): string => / \(not the .{1,100} in people\)$/s.exec(name)?.[0] ?? '';
