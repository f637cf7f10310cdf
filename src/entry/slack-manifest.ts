import { COMMANDS } from '../bot/commands/list.ts';

/** Scopes and what each is for. */
const SCOPES = [
  'commands',
  'chat:write',
  // In threads, where Slack has no slash commands, the bot is called by its name.
  'app_mentions:read',
  // Guest, stranger and deactivated flags; user groups as roles.
  'users:read',
  'usergroups:read',
  // Whether the bot is in a channel, and its own posts whose answer was lost.
  'channels:read',
  'groups:read',
  'channels:history',
  'groups:history',
  // The digest’s chart, and answers as files.
  'files:write',
  'files:read',
];

/** The Slack app's manifest, from the command list. */
export function slackManifest(): string {
  const hint = COMMANDS.map(({ name }) => name).join(' | ');
  const manifest = {
    display_information: { name: 'Podwarden', description: 'GPU pods on RunPod' },
    features: {
      // Direct messages have buttons, and people answer there.
      app_home: { messages_tab_enabled: true, messages_tab_read_only_enabled: false },
      bot_user: { display_name: 'podwarden', always_online: true },
      slash_commands: [{ command: '/pod', description: 'GPU pods on RunPod', usage_hint: hint, should_escape: false }],
    },
    oauth_config: { scopes: { bot: SCOPES } },
    settings: {
      event_subscriptions: { bot_events: ['app_mention'] },
      interactivity: { is_enabled: true },
      socket_mode_enabled: true,
      org_deploy_enabled: false,
    },
  };
  return JSON.stringify(manifest, null, 2);
}
