import {
  type APILabelComponent,
  type APIModalInteractionResponseCallbackData,
  type APIModalSubmitInteraction,
  type APITextDisplayComponent,
  ComponentType,
  TextInputStyle,
} from 'discord.js';
import type { Answers, Field, Form } from '../message/form.ts';
import { truncate } from '../message/plain-text.ts';
import { visibleForm } from '../message/visible.ts';
import { DISCORD } from './limits.ts';
import { blockText } from './render.ts';

export function renderModal(raw: Form): APIModalInteractionResponseCallbackData {
  const form = visibleForm(raw);
  const intro: APITextDisplayComponent[] = form.intro
    ? [{ type: ComponentType.TextDisplay, content: truncate(blockText(form.intro), DISCORD.content) }]
    : [];
  return {
    custom_id: form.token,
    title: truncate(form.title, DISCORD.modalTitle),
    components: [...intro, ...form.fields.map(label)],
  };
}

function label(field: Field): APILabelComponent {
  return {
    type: ComponentType.Label,
    label: truncate(field.label, DISCORD.inputLabel),
    ...(field.hint === undefined ? {} : { description: truncate(field.hint, DISCORD.inputHint) }),
    component: component(field),
  };
}

function component(field: Field): APILabelComponent['component'] {
  if (field.kind === 'text') {
    return {
      type: ComponentType.TextInput,
      custom_id: field.id,
      style: field.long ? TextInputStyle.Paragraph : TextInputStyle.Short,
      max_length: field.maxLength,
      required: field.required,
      ...(field.initial === undefined ? {} : { value: field.initial }),
    };
  }
  const initial = field.kind === 'choices' ? field.initial : [field.initial];
  return {
    type: ComponentType.StringSelect,
    custom_id: field.id,
    required: field.required,
    min_values: field.required ? 1 : 0,
    max_values: field.kind === 'choices' ? Math.min(field.atMost, field.choices.length) : 1,
    options: field.choices.map(({ value, label: text }) => ({
      label: truncate(text, DISCORD.optionLabel),
      value,
      default: initial.includes(value),
    })),
  };
}

export function answersFrom(d: APIModalSubmitInteraction): Answers {
  const answers: Record<string, readonly string[]> = {};
  for (const part of d.data.components) {
    if (!('component' in part)) continue;
    const { component: filled } = part;
    if ('values' in filled) answers[filled.custom_id] = filled.values;
    else if ('value' in filled && typeof filled.value === 'string') {
      answers[filled.custom_id] = filled.value === '' ? [] : [filled.value];
    }
  }
  return answers;
}
