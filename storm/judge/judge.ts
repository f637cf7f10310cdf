import { judgeAnswers } from './answers.ts';
import { judgeEffects } from './effects.ts';
import type { Evidence, Violation } from './evidence.ts';
import { judgeRepeats } from './repeats.ts';
import { judgeSecondPerson } from './second-person.ts';
import { judgeStuck } from './stuck.ts';
import { judgeWords } from './words.ts';

const JUDGES = [judgeEffects, judgeAnswers, judgeWords, judgeSecondPerson, judgeRepeats, judgeStuck];

/** All that a storm broke; empty where everything held. */
export const judge = (evidence: Evidence): Violation[] => JUDGES.flatMap((one) => one(evidence));
