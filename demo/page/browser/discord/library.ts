import './local-avatars.ts';
import {
  DiscordAuthorInfo,
  DiscordCode,
  DiscordCommand,
  DiscordEmbed,
  DiscordFileAttachment,
  DiscordLink,
  DiscordMessage,
  DiscordPre,
  DiscordThread,
  DiscordThreadMessage,
  DiscordTime,
  DiscordVerifiedAuthorTag,
} from '@skyra/discord-components-core';

/**
 * The library's colours are Discord's of 2021, and many have too little contrast; its code blocks wrap, which breaks tables.
 * What it draws is in shadow roots that no stylesheet of the page reaches, so that its classes get another sheet. The colours
 * are variables of the pane.
 */
function amend(element: { elementStyles: (CSSStyleSheet | object)[] }, css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  element.elementStyles.push(sheet);
}

amend(
  DiscordMessage,
  `.discord-message-inner-center { align-items: flex-start; }
  .discord-message-content { min-width: 0; line-height: 1.375rem; }
  .discord-author-avatar img, .discord-message-ephemeral-link { cursor: inherit; }
  .discord-message-timestamp.discord-message-timestamp { color: var(--d-muted) !important; font-size: 12px; }
  .discord-message-body-only-indent { box-sizing: border-box; flex: 0 0 56px; margin: 0; padding-top: 4px; }
  .discord-message-edited { color: var(--d-muted) !important; font-size: 12px; }
  .discord-message-ephemeral { display: none; }`,
);
amend(
  DiscordAuthorInfo,
  `.discord-author-username.discord-author-username { color: var(--d-heading) !important; font-weight: 600; }
  .discord-author-username:hover { cursor: inherit; text-decoration: none; }`,
);
// In a narrow field a date takes two lines.
amend(DiscordTime, ':host { white-space: normal; }');
amend(
  DiscordVerifiedAuthorTag,
  ':host { background: var(--d-brand); border-radius: 4px; font-size: 12px; font-weight: 600; height: 16px; }',
);
amend(
  DiscordEmbed,
  `.discord-embed-root { min-width: 0; }
  .discord-embed-wrapper.discord-embed-wrapper { background: var(--d-card) !important; border-color: var(--d-line) !important; border-left: 0; max-width: 516px; }
  .discord-embed-grid.discord-embed-grid { display: grid !important; grid-template-columns: minmax(0, 1fr) !important; }
  slot[name='footer']::slotted(*) { grid-column: 1/1; }`,
);
amend(
  DiscordCode,
  `:host { background: none; }
  code.code, code { background: var(--d-code) !important; border-color: var(--d-line) !important; color: var(--d-text); margin: 0; padding: 0.1em 0.25em; }
  :host([multiline]) { white-space: pre; }
  :host([multiline]) code { background: none !important; border: 0; box-sizing: border-box; overflow: visible; padding: 7px 9px !important; white-space: pre; width: max-content !important; }`,
);
amend(
  DiscordPre,
  ':host pre { margin: 0 !important; overflow: visible; white-space: pre; width: max-content !important; }',
);
amend(
  DiscordLink,
  `a.a, a { color: var(--d-link) !important; text-decoration: underline; text-underline-offset: 2px; }
  a:focus-visible { border-radius: 2px; outline: 2px solid var(--d-ring); outline-offset: 1px; }`,
);
amend(
  DiscordFileAttachment,
  `.discord-file-attachment-mosaic-style.discord-file-attachment-mosaic-style { background: var(--d-card); border: 1px solid var(--d-line); padding: 12px; }
  .discord-file-attachment-metadata { color: var(--d-muted); }
  .discord-file-attachment-inner, .discord-file-attachment-filename-link-wrapper { padding: 2px; }
  .discord-button-download-attachment.discord-button-download-attachment { display: none !important; }`,
);
amend(
  DiscordCommand,
  `.discord-replied-message-username.discord-replied-message-username { color: var(--d-text) !important; opacity: 1; }
  .discord-replied-message-username:hover { cursor: inherit; text-decoration: none; }
  .discord-slash-command-name.discord-slash-command-name, .discord-slash-command-name.discord-slash-command-name:hover { background: var(--d-mention-bg) !important; color: var(--d-mention) !important; }`,
);
amend(
  DiscordThread,
  `.discord-thread-name.discord-thread-name { color: var(--d-heading) !important; }
  .discord-thread-cta.discord-thread-cta { color: var(--d-link) !important; }
  .discord-thread-bottom.discord-thread-bottom { color: var(--d-muted) !important; min-width: 0; }`,
);
amend(
  DiscordThreadMessage,
  `:host { overflow: hidden; }
  .discord-application-tag.discord-application-tag { background: var(--d-brand); border-radius: 4px; font-size: 12px !important; font-weight: 600; height: 16px; }
  .discord-thread-message-username.discord-thread-message-username { color: var(--d-text) !important; opacity: 1; }
  .discord-thread-message-content { min-width: 0; overflow: hidden; text-overflow: ellipsis; }
  .discord-thread-message-timestamp.discord-thread-message-timestamp { color: var(--d-muted) !important; }`,
);
