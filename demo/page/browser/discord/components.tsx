import type { Json } from '../../protocol.ts';
import { ButtonRow, type ButtonSpec, MessageButton } from './buttons.tsx';
import { Markdown } from './markdown.tsx';

interface Props {
  component: Json;
  post: string;
  onProblem: (text: string | null) => void;
}

/** What may stand below a message's text. Source: Discord's component reference. */
export function MessageComponent(props: Props) {
  if (props.component.type === 1) return <ButtonRow {...props} row={props.component} />;
  return (
    <div slot="components" className="layout" data-ours>
      <Layout {...props} />
    </div>
  );
}

/** Components V2, which the library does not know. */
function Layout(props: Props) {
  const { component, post, onProblem } = props;
  switch (component.type) {
    case 1:
      return <ButtonRow {...props} row={component} />;
    case 2:
      return <MessageButton button={component as unknown as ButtonSpec} post={post} onProblem={onProblem} />;
    case 9:
      return (
        <div className="layout-section">
          <div>
            <Parts {...props} />
          </div>
          {component.accessory !== undefined && <Layout {...props} component={component.accessory as Json} />}
        </div>
      );
    case 10:
      return <Markdown text={String(component.content)} />;
    case 11:
      return <Media item={component} className="layout-thumbnail" />;
    case 12:
      return ((component.items ?? []) as Json[]).map((item) => (
        <Media key={mediaUrl(item)} item={item} className="layout-picture" />
      ));
    case 13:
      return <a href={mediaUrl({ media: component.file })}>{String(component.name ?? 'File')}</a>;
    case 14:
      return <hr data-plain={component.divider === false} />;
    case 17:
      return (
        <div className="layout-container">
          <Parts {...props} />
        </div>
      );
    default:
      return null;
  }
}

function Parts(props: Props) {
  return ((props.component.components ?? []) as Json[]).map((part, i) => (
    <div key={String(part.id ?? i)}>
      <Layout {...props} component={part} />
    </div>
  ));
}

const mediaUrl = (item: Json) => (item.media as { url?: string } | undefined)?.url ?? '';

function Media({ item, className }: { item: Json; className: string }) {
  const url = mediaUrl(item);
  // Nothing is fetched from elsewhere.
  return url.startsWith('/') ? <img className={className} src={url} alt={String(item.description ?? '')} /> : null;
}
