import { z } from 'zod';
import { spokenName } from '../../policy/pod-names.ts';
import { card, text } from '../message/message.ts';
import { defineCommand } from './declare.ts';
import { namedPods, suggestPods } from './pods.ts';
import { openTerminate } from './terminating.ts';

const tooLong = { error: 'is too long' };

export const terminate = defineCommand({
  name: 'terminate',
  summary: 'Ask to terminate pods: deletes the volume disk for good, and needs a second person',
  args: z.strictObject({
    pods: z
      .string()
      .trim()
      .min(1, { error: 'is empty' })
      .max(600, tooLong)
      .describe('Names or ids, with commas between them'),
    reason: z.string().trim().max(300, tooLong).optional().describe('Why; the approver reads it'),
  }),
  positional: ['pods', 'reason'],
  oneWord: true,
  access: 'request',
  outsideRooms: false,
  examples: ['terminate run7', 'terminate run7,old done with both'],
  suggest: { pods: suggestPods },
  async opens({ pods, reason }, asker, services) {
    return openTerminate(await namedPods(pods, services), reason, asker, services);
  },
  async run({ pods, reason }, _asker, services) {
    const named = await namedPods(pods, services);
    const draft = services.newId();
    await services.drafts.put(draft, { pods: named.map((pod) => pod.id), reason });
    const names = named.map((pod) => spokenName(pod.name)).join(', ');
    const open = { label: 'Open the form', token: `v1.terminate.${draft}`, style: 'primary' as const };
    return card(`Terminate ${names}`, 'warn', [text('A form asks what becomes of the data.')], [open]);
  },
});
