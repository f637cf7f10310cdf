/** Discord's limits. Source: discord.com/developers/docs, message, embed and component objects (read 2026-11). */
export const DISCORD = {
  content: 2000,
  embedTitle: 256,
  embedDescription: 4096,
  embedFields: 25,
  fieldName: 256,
  fieldValue: 1024,
  /** Over all embeds of a message. */
  embedTotal: 6000,
  rows: 5,
  buttonsPerRow: 5,
  buttonLabel: 80,
  /** Of an attachment's description. */
  alt: 1024,
  threadName: 100,
  modalTitle: 45,
  inputLabel: 45,
  inputHint: 100,
  optionLabel: 100,
} as const;
