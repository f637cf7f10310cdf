import type { DetailedHTMLProps, HTMLAttributes } from 'react';

type Host<P = object> = DetailedHTMLProps<HTMLAttributes<HTMLElement>, HTMLElement> & P;

interface Author {
  author: string;
  avatar: string;
}

/** The library's web components, with those of their properties that this page sets. */
interface DiscordElements {
  'discord-messages': Host<{ lightTheme: boolean; noBackground: boolean }>;
  'discord-message': Host<
    Author & {
      bot: boolean;
      timestamp: string;
      edited: boolean;
      ephemeral: boolean;
      highlight: boolean;
      messageBodyOnly: boolean;
    }
  >;
  'discord-command': Host<Author & { command: string }>;
  'discord-embed': Host<{ color?: string | undefined }>;
  'discord-embed-description': Host;
  'discord-embed-fields': Host;
  'discord-embed-field': Host<{ inline: boolean }>;
  'discord-embed-footer': Host;
  'discord-action-row': Host;
  'discord-attachments': Host;
  'discord-file-attachment': Host<{
    name: string;
    bytes: number;
    bytesUnit: string;
    href: string;
    target: string;
    rel: string;
  }>;
  'discord-thread': Host<{ name: string; cta: string }>;
  'discord-thread-message': Host<Author & { bot: boolean; relativeTimestamp: string }>;
  'discord-spoiler': Host<{ activated: boolean }>;
  'discord-quote': Host;
  'discord-header': Host<{ level: number }>;
  'discord-subscript': Host;
  'discord-code': Host<{ multiline?: boolean; embed?: boolean }>;
  'discord-link': Host<{ href: string; target: string; rel: string }>;
  'discord-mention': Host<{ type: 'user' | 'role' | 'channel' | 'thread' | 'slash'; highlight?: boolean }>;
  'discord-time': Host;
}

declare module 'react' {
  namespace JSX {
    interface IntrinsicElements extends DiscordElements {}
  }
}
