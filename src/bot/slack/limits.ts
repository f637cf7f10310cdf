/** Slack's limits. Source: docs.slack.dev, Block Kit reference and chat.postMessage (read 2026-11). */
export const SLACK = {
  header: 150,
  sectionText: 3000,
  fieldText: 2000,
  fieldsPerSection: 10,
  buttonsPerBlock: 25,
  buttonLabel: 75,
  confirmTitle: 100,
  confirmText: 300,
  confirmLabel: 30,
  alt: 2000,
  blocks: 50,
  /** Rows of a table block, its header included. */
  tableRows: 100,
  /** Characters over all cells of a message's one table. */
  tableText: 10_000,
  /** The fallback: 40,000 is refused, Slack advises 4,000. */
  fallback: 4000,
  modalTitle: 24,
  inputLabel: 2000,
  optionLabel: 75,
} as const;
