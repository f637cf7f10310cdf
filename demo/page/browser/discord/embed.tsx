import type { Json } from '../../protocol.ts';
import { Markdown } from './markdown.tsx';

interface Embed {
  title?: string;
  url?: string;
  description?: string;
  color?: number;
  fields?: { name: string; value: string; inline?: boolean }[];
  image?: { url: string; alt?: string };
  footer?: { text: string };
}

/**
 * The library's title and field names know no markdown, take any long number for an emoji of Discord's CDN, and its image has
 * no text of its own: those three are drawn here, in the library's slots.
 */
export function EmbedCard({ embed }: { embed: Json }) {
  const { title, url, description, color, fields, image, footer } = embed as Embed;
  return (
    <discord-embed slot="embeds" color={color === undefined ? undefined : `#${color.toString(16).padStart(6, '0')}`}>
      {title !== undefined && (
        <div slot="description" className="embed-title" data-ours>
          <Markdown embed text={url === undefined ? title : `[${title}](${url})`} />
        </div>
      )}
      {description !== undefined && (
        <discord-embed-description slot="description">
          <Markdown embed text={description} />
        </discord-embed-description>
      )}
      {fields !== undefined && <Fields fields={fields} />}
      {image?.url.startsWith('/') && (
        <a slot="fields" className="embed-image" href={image.url} target="_blank" rel="noopener noreferrer" data-ours>
          <img src={image.url} alt={image.alt || 'Picture'} />
        </a>
      )}
      {footer !== undefined && <discord-embed-footer slot="footer">{footer.text}</discord-embed-footer>}
    </discord-embed>
  );
}

function Fields({ fields }: { fields: NonNullable<Embed['fields']> }) {
  return (
    <discord-embed-fields slot="fields">
      {fields.map(({ name, value, inline = false }) => (
        <discord-embed-field key={`${name} ${value}`} inline={inline}>
          <div className="field-name" data-ours>
            <Markdown embed text={name} />
          </div>
          <Markdown embed text={value} />
        </discord-embed-field>
      ))}
    </discord-embed-fields>
  );
}
