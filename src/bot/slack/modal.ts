import type { types } from '@slack/bolt';
import type { Answers, Field, Form, FormProblem } from '../message/form.ts';
import { truncate } from '../message/plain-text.ts';
import { visibleForm } from '../message/visible.ts';
import { SLACK } from './limits.ts';
import { blocksOf } from './render.ts';

const plain = (text: string, limit: number) => ({ type: 'plain_text' as const, text: truncate(text, limit) });

/** `reply` is kept by Slack with the form and comes back with the answers. */
export function renderModal(raw: Form, reply: string): types.ModalView {
  const form = visibleForm(raw);
  return {
    type: 'modal',
    callback_id: form.token,
    title: plain(form.title, SLACK.modalTitle),
    submit: plain(form.submit, SLACK.modalTitle),
    close: plain('Close', SLACK.modalTitle),
    private_metadata: reply,
    blocks: [...(form.intro ? blocksOf(form.intro) : []), ...form.fields.map(input)],
  };
}

function input(field: Field): types.InputBlock {
  return {
    type: 'input',
    block_id: field.id,
    label: plain(field.label, SLACK.inputLabel),
    optional: !field.required,
    ...(field.hint === undefined ? {} : { hint: plain(field.hint, SLACK.inputLabel) }),
    element: element(field),
  };
}

function element(field: Field): types.InputBlock['element'] {
  if (field.kind === 'text') {
    return {
      type: 'plain_text_input',
      action_id: 'value',
      multiline: field.long,
      max_length: field.maxLength,
      ...(field.initial === undefined ? {} : { initial_value: field.initial }),
    };
  }
  const options = field.choices.map(({ value, label }) => ({ text: plain(label, SLACK.optionLabel), value }));
  const chosen = (values: readonly string[]) => options.filter(({ value }) => values.includes(value));
  if (field.kind === 'choices') {
    const initial = chosen(field.initial);
    return {
      type: 'multi_static_select',
      action_id: 'value',
      options,
      max_selected_items: field.atMost,
      ...(initial.length > 0 ? { initial_options: initial } : {}),
    };
  }
  const [initial] = field.initial === undefined ? [] : chosen([field.initial]);
  return { type: 'static_select', action_id: 'value', options, ...(initial ? { initial_option: initial } : {}) };
}

type State = Record<string, Record<string, StateValue>>;
interface StateValue {
  value?: string | null | undefined;
  selected_option?: { value?: string | undefined } | null | undefined;
  selected_options?: { value?: string | undefined }[] | undefined;
}

export function answersFrom(state: State): Answers {
  return Object.fromEntries(
    Object.entries(state).map(([block, elements]) => {
      const [answer] = Object.values(elements);
      const chosen = answer?.selected_options ?? (answer?.selected_option ? [answer.selected_option] : []);
      const values = answer?.value ? [answer.value] : chosen.map(({ value }) => value ?? '');
      return [block, values.filter((value) => value !== '')];
    }),
  );
}

/** Errors travel on the acknowledgement, under the fields they are about. */
export function problemsAck(problems: readonly FormProblem[]) {
  return {
    response_action: 'errors' as const,
    errors: Object.fromEntries(problems.map(({ field, problem }) => [field, problem])),
  };
}
