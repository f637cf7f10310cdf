import { webApi } from '@slack/bolt';
import type { Attempted, Failure } from '../failure.ts';
import { ChatUnavailable, refusal } from '../front.ts';

type Kind = Failure['kind'];

const words = (list: string) => list.trim().split(/\s+/);

/** Codes that Slack documents for the methods we call, by what they mean. Source: `emulators/slack/data/README.md`. */
const CODES: [failure: Failure, codes: string[]][] = [
  [
    { kind: 'wait', ms: null },
    words(`external_channel_migrating fatal_error internal_error list_record_comment_fetch_failed message_limit_exceeded
      org_login_required rate_limited ratelimited request_timeout service_unavailable streaming_state_conflict
      team_added_to_org update_failed`),
  ],
  [
    { kind: 'thread-closed' },
    words(`cannot_reply_to_message restricted_action_non_threadable_channel restricted_action_thread_locked
      thread_not_found`),
  ],
  [
    { kind: 'channel-closed' },
    words(`channel_is_limited_access channel_not_found ekm_access_denied invalid_channel is_archived is_inactive
      method_not_supported_for_channel_type not_in_channel restricted_action restricted_action_read_only_channel
      restricted_action_thread_only_channel`),
  ],
  // An expired trigger is an address for an answer that is gone.
  [
    { kind: 'message-gone' },
    words(
      'block_mismatch cant_delete_message cant_update_message edit_window_closed expired_trigger_id message_not_found',
    ),
  ],
  [
    { kind: 'right-missing', right: null },
    words(`access_denied app_access_restricted missing_scope no_permission not_visible
      plan_upgrade_required send_on_behalf_not_allowed template_not_visible`),
  ],
  [
    { kind: 'right-missing', right: 'file uploads' },
    words(`blocked_file_type canvas_disabled_file_team canvas_disabled_user_team canvas_globally_disabled
      file_share_limit_reached file_type_not_allowed file_upload_size_restricted file_uploads_disabled
      file_uploads_except_images_disabled max_file_sharing_exceeded posting_to_channel_denied
      slack_connect_blocked_file_type slack_connect_canvas_sharing_blocked slack_connect_clip_sharing_blocked
      slack_connect_file_link_sharing_blocked slack_connect_file_upload_sharing_blocked
      slack_connect_lists_sharing_blocked storage_limit_reached`),
  ],
  [
    { kind: 'disowned', by: 'token' },
    words(`invalid_auth is_bot not_allowed_token_type not_authed token_expired token_revoked
      two_factor_setup_required`),
  ],
  // Among them workspaces that let in no calls from this network.
  [
    { kind: 'disowned', by: 'team' },
    words('accesslimited account_inactive enterprise_is_restricted forbidden_team invalid_team'),
  ],
  [
    { kind: 'person-unreachable' },
    words(`invalid_user_combination messages_tab_disabled user_disabled user_not_found user_not_in_channel
      user_not_visible users_not_found`),
  ],
  [{ kind: 'answered' }, words('exchanged_trigger_id')],
  // Among them methods that Slack withdrew: only another version of the bot helps.
  [
    { kind: 'bad-payload' },
    words(`alt_txt_too_large as_user_not_supported attachment_payload_limit_exceeded cant_broadcast_message
      channels_limit_exceeded deprecated_endpoint draft_already_deleted draft_already_sent draft_has_conflict
      draft_not_found duplicate_channel_not_found duplicate_external_id duplicate_message_not_found file_deleted
      file_is_deleted file_not_found file_update_failed insecure_request invalid_arg_name invalid_array_arg
      invalid_attachments invalid_blocks invalid_blocks_format invalid_charset invalid_cursor invalid_form_data
      invalid_metadata_filter_keys invalid_metadata_format invalid_metadata_schema invalid_post_type
      invalid_trigger_id invalid_ts_latest invalid_ts_oldest limit_required markdown_text_conflict
      metadata_must_be_sent_from_app metadata_too_large method_deprecated missing_args missing_argument
      missing_file_data missing_post_type msg_blocks_too_long msg_too_long no_dual_broadcast_content_update
      no_such_subteam no_text not_enough_users snippet_too_large team_not_found too_many_attachments
      too_many_contact_cards too_many_users unable_to_share_files unknown_method unknown_snippet_type
      unknown_subtype users_list_not_supplied view_too_large`),
  ],
];

/** Codes that Slack answers with and lists for none of these methods, with where they were seen. */
export const UNLISTED: Readonly<Record<string, { failure: Failure; seen: string }>> = {
  invalid_arguments: { failure: { kind: 'bad-payload' }, seen: 'views.open and chat.postMessage with invalid blocks' },
  user_is_restricted: {
    failure: { kind: 'channel-closed' },
    seen: 'chat.postMessage in a channel where few may post (mx-puppet-slack, issue 139)',
  },
};

const BY_CODE: ReadonlyMap<string, Failure> = new Map([
  ...CODES.flatMap(([failure, codes]) => codes.map((code): [string, Failure] => [code, failure])),
  ...Object.entries(UNLISTED).map(([code, { failure }]): [string, Failure] => [code, failure]),
]);

/** All codes that have a class. */
export const classed: readonly string[] = [...BY_CODE.keys()];

/** To a person Slack posts as to a channel, and says of both the same. */
const TO_A_PERSON: readonly Kind[] = ['channel-closed', 'thread-closed'];

/** `needed` is the scope that Slack names with `missing_scope`. */
export function slackFailure(code: string, attempted: Attempted, needed: string | null = null): Failure {
  const failure = BY_CODE.get(code) ?? { kind: 'unknown' };
  if (attempted === 'person' && TO_A_PERSON.includes(failure.kind)) return { kind: 'person-unreachable' };
  return failure.kind === 'right-missing' && needed !== null ? { ...failure, right: needed } : failure;
}

/** Of a response address: a proxy's page, an outage, a limit; or it lapsed or was used up. */
export function slackHttpFailure(status: number, retryAfterMs: number): Failure {
  if (status === 404 || status === 410) return { kind: 'message-gone' };
  if (status === 400) return { kind: 'bad-payload' };
  return { kind: 'wait', ms: retryAfterMs === 0 ? null : retryAfterMs };
}

/** What the client throws for a 429 without a number of seconds. */
const NO_SECONDS = /^Retry header did not contain/;

/** What Slack's client threw, as what a job can act on; whatever is no answer of a chat stays as it is. */
export function slackError(error: unknown, attempted: Attempted): unknown {
  if (error instanceof webApi.WebAPIPlatformError) return refused(error.data, attempted);
  if (error instanceof webApi.WebAPIRateLimitedError) {
    return new ChatUnavailable('rate limited by Slack', error.retryAfter * 1000, 'ratelimited');
  }
  if (error instanceof webApi.WebAPIHTTPError) {
    return new ChatUnavailable(`Slack: ${error.message}`, retryAfterMs(error.headers['retry-after']));
  }
  const down = error instanceof webApi.WebAPIRequestError || (error instanceof Error && NO_SECONDS.test(error.message));
  return down ? new ChatUnavailable(`Slack: ${(error as Error).message}`, 0) : error;
}

/** A body that is no JSON has its whole text where the code should be: a proxy spoke, and not Slack. */
function refused({ error, needed }: { error: string; needed?: unknown }, attempted: Attempted): Error {
  if (!/^\w{1,80}$/.test(error)) return new ChatUnavailable('Slack: the answer is not Slack’s', 0);
  const failure = slackFailure(error, attempted, typeof needed === 'string' ? needed : null);
  return refusal(`Slack: ${error}`, failure, error);
}

export function retryAfterMs(header: unknown): number {
  const seconds = Number(header ?? 0);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}
