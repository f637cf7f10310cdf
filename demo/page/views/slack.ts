import type { SlackEmulator } from '../../../emulators/slack/server.ts';
import type { SlackFile, SlackMessage, SlackView } from '../../../emulators/slack/state.ts';
import type { Directory, Json, OpenForm, PostFile, SlackPost } from '../protocol.ts';

/** Slack as one person's client has it. */
export function slackDirectory({ workspace }: SlackEmulator, person: string): Directory {
  const user = workspace.byName(person).id;
  const channels = [...workspace.channels.values()].filter(({ members }) => members.has(user));
  return {
    bot: workspace.bot.user,
    users: [...workspace.users.values()].map(({ id, name }) => ({ id, name })),
    channels: [
      ...channels.map(({ id, name }) => ({ id, name, parent: null, direct: false })),
      { id: user, name: 'Podwarden', parent: null, direct: true },
    ],
  };
}

/** What changed since a position on the time line, in the order in which it was posted. */
export function slackPosts(emulator: SlackEmulator, person: string, since: number): SlackPost[] {
  const { workspace } = emulator;
  const user = workspace.byName(person).id;
  return workspace.messages
    .filter((message) => message.changed > since && emulator.sees(user, message))
    .map((message) => postOf(message, emulator));
}

function postOf(message: SlackMessage, { workspace }: SlackEmulator): SlackPost {
  const { ts, channel, threadTs, author, text, blocks, at, posted, changed } = message;
  return {
    id: ts,
    author: author === workspace.bot.user ? null : author,
    // A direct message is to one person by itself.
    onlyYou: message.onlyFor !== null && workspace.channels.has(channel),
    at,
    edited: changed > posted,
    order: posted,
    changed,
    channel,
    thread: threadTs,
    text,
    blocks: blocks.map((block) => withFile(block, workspace.files)),
    files: message.files.flatMap((id) => fileOf(workspace.files.get(id))),
  };
}

/** An image of Slack's own gets the address at which this page has it. */
function withFile(block: Json, files: ReadonlyMap<string, SlackFile>): Json {
  const id = (block.slack_file as { id?: string } | undefined)?.id;
  const [file] = id === undefined ? [] : fileOf(files.get(id));
  return file ? { ...block, slack_file: { id, url: file.url } } : block;
}

function fileOf(file: SlackFile | undefined): PostFile[] {
  if (!file?.bytes) return [];
  const { id, name, alt, length: size } = file;
  return [{ name, alt, size, url: `/files/slack/${encodeURIComponent(id)}/${encodeURIComponent(name)}` }];
}

export function slackForm(emulator: SlackEmulator, person: string): OpenForm | null {
  const form = emulator.form(person);
  const view = emulator.workspace.views.find(({ id }) => id === form?.id);
  if (!form || !view) return null;
  const blocks = (view.view.blocks as Json[]).filter(({ type }) => type !== 'input');
  return { id: form.id, title: form.title, submit: submitOf(view), intro: { blocks }, fields: form.fields };
}

const submitOf = ({ view }: SlackView) => String((view.submit as Json | undefined)?.text ?? 'Submit');

export function slackFileBytes({ workspace }: SlackEmulator, id: string): Buffer | null {
  return workspace.files.get(id)?.bytes ?? null;
}
