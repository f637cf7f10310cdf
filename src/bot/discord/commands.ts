import {
  type APIApplicationCommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
  type RESTPutAPIApplicationGuildCommandsJSONBody,
} from 'discord.js';

/** One option of a command, as the command list declares it. */
interface Option {
  name: string;
  description: string;
  type: 'string' | 'integer' | 'boolean';
  required: boolean;
  suggests: boolean;
}

const TYPES = {
  string: ApplicationCommandOptionType.String,
  integer: ApplicationCommandOptionType.Integer,
  boolean: ApplicationCommandOptionType.Boolean,
} as const;

/** Types, required and autocomplete only: bounds are judged by our own schemas, with one answer for both chats. */
export function guildCommands(
  commands: readonly { name: string; summary: string; options: Option[] }[],
): RESTPutAPIApplicationGuildCommandsJSONBody {
  return [
    {
      name: 'pod',
      description: 'GPU pods on RunPod',
      type: ApplicationCommandType.ChatInput,
      options: commands.map(({ name, summary, options }) => ({
        type: ApplicationCommandOptionType.Subcommand,
        name,
        description: summary.slice(0, 100),
        options: options.map(
          ({ name: option, description, type, required, suggests }) =>
            ({
              type: TYPES[type],
              name: option,
              description: description.slice(0, 100),
              required,
              ...(suggests ? { autocomplete: true } : {}),
            }) as APIApplicationCommandOption,
        ),
      })) as APIApplicationCommandOption[],
    },
  ];
}
