import { type ApiContext, addMessage, type Json, type SlackFile } from './state.ts';

type Method = (params: Record<string, string>, context: ApiContext) => Json;

const fail = (error: string): Json => ({ ok: false, error });

/**
 * The external upload. Quirks that bite: the address takes the bytes once; a file that was completed without a channel is
 * seen by nobody; and until it was processed, a message that shows it is refused. Source: docs.slack.dev, files (2026-11).
 */
const getUploadUrl: Method = ({ filename = '', length = '', alt_txt: alt = '' }, { workspace, origin }) => {
  if (filename === '' || !/^[1-9]\d*$/.test(length)) return fail('invalid_arguments');
  const id = workspace.newId('F');
  const empty = { bytes: null, processed: false, completed: false };
  workspace.files.set(id, { id, name: filename, length: Number(length), alt, ...empty });
  return { ok: true, file_id: id, upload_url: `${origin()}/upload/${id}` };
};

const complete: Method = ({ files = '[]', channel_id: conversation, thread_ts: thread, initial_comment }, context) => {
  const { workspace } = context;
  const wanted = (JSON.parse(files) as { id: string }[]).map(({ id }) => workspace.files.get(id));
  if (wanted.length === 0 || wanted.some((file) => !file?.bytes)) return fail('file_not_found');
  if (wanted.some((file) => file?.completed)) return fail('file_already_completed');
  const channel = conversation?.replace(/^D(?=U)/, '');
  // A person is none: files go to the conversation with them.
  if (conversation !== undefined && workspace.users.has(conversation)) return fail('channel_not_found');
  const known = channel === undefined ? undefined : workspace.channels.get(channel);
  if (channel !== undefined && !known && !workspace.users.has(channel)) return fail('channel_not_found');
  for (const file of wanted) if (file) file.completed = true;
  if (channel !== undefined) {
    const names = wanted.flatMap((file) => file?.name ?? []);
    addMessage(
      {
        channel,
        threadTs: thread ?? null,
        onlyFor: workspace.users.has(channel) ? channel : null,
        text: [initial_comment ?? '', ...names].filter((one) => one !== '').join('\n'),
        files: wanted.flatMap((file) => file?.id ?? []),
      },
      context,
    );
  }
  return { ok: true, files: wanted.map((file) => ({ id: file?.id, title: file?.name })) };
};

/** Processing ends after it was asked for once. */
const info: Method = ({ file: id = '' }, { workspace }) => {
  const file = workspace.files.get(id);
  if (!file?.completed) return fail('file_not_found');
  const answer = { id, name: file.name, size: file.length, mimetype: file.processed ? mimetype(file) : '' };
  file.processed = true;
  return { ok: true, file: answer };
};

const mimetype = ({ name }: SlackFile): string => (name.endsWith('.png') ? 'image/png' : 'text/csv');

export const FILE_METHODS: Record<string, Method> = {
  'files.getUploadURLExternal': getUploadUrl,
  'files.completeUploadExternal': complete,
  'files.info': info,
};

/** What is wrong with the files that blocks show. */
export function fileProblems(blocks: readonly Json[], { workspace, filesRefused }: ApiContext): string[] {
  return blocks.flatMap((block, i) => {
    const id = (block.slack_file as { id?: string } | undefined)?.id;
    if (id === undefined) return [];
    const ready = workspace.files.get(id)?.processed === true && !filesRefused();
    return ready ? [] : [`invalid slack file [json-pointer:/blocks/${i}/slack_file]`];
  });
}
