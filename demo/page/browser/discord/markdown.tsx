import { parse } from 'discord-markdown-parser';
import { type MouseEvent, type ReactNode, useMemo, useState } from 'react';
import { lookAt } from '../parts/look.ts';
import { agoText, momentText, useNow } from '../parts/now.ts';
import { Mention } from './mention.tsx';
import { useOverflows } from './overflow.ts';

interface Node {
  type: string;
  content?: string | Node[];
  [key: string]: unknown;
}

/** Discord's markdown, as messages and embeds have it. */
export function Markdown({ text, embed = false }: { text: string; embed?: boolean }) {
  // Since 2023 everybody's messages may have named links, which the parser calls extended.
  const nodes = useMemo(() => parse(text, 'extended') as Node[], [text]);
  return <Nodes nodes={nodes} embed={embed} />;
}

const BLOCKS = ['codeBlock', 'blockQuote'];

function Nodes({ nodes, embed }: { nodes: Node[]; embed: boolean }) {
  // The line break after a block is its end, and no empty line.
  const shown = nodes.filter(({ type }, i) => type !== 'br' || !BLOCKS.includes(nodes[i - 1]?.type ?? ''));
  return shown.map((node, i) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: the nodes of a text have no other identity
    <Drawn key={i} node={node} embed={embed} />
  ));
}

/** The library's bold, italic and underlined put a space behind what they mark. */
const ELEMENTS = {
  strong: 'strong',
  em: 'em',
  underline: 'u',
  strikethrough: 's',
  blockQuote: 'discord-quote',
  subtext: 'discord-subscript',
} as const;

function Drawn({ node, embed }: { node: Node; embed: boolean }): ReactNode {
  const { type, content } = node;
  const inner = Array.isArray(content) ? <Nodes nodes={content} embed={embed} /> : content;
  if (type in ELEMENTS) {
    const Element = ELEMENTS[type as keyof typeof ELEMENTS];
    return <Element>{inner}</Element>;
  }
  switch (type) {
    case 'br':
      return <br />;
    case 'inlineCode':
      return <discord-code embed={embed}>{inner}</discord-code>;
    case 'codeBlock':
      return <CodeBlock text={String(content)} embed={embed} />;
    case 'heading':
      return <discord-header level={Number(node.level)}>{inner}</discord-header>;
    case 'spoiler':
      return <Spoiler>{inner}</Spoiler>;
    case 'link':
    case 'url':
    case 'autolink':
      return <Link to={String(node.target)}>{inner}</Link>;
    case 'timestamp':
      return <Moment at={Number(node.timestamp) * 1000} style={String(node.format)} />;
    case 'twemoji':
      return String(node.name);
    case 'emoji':
      // Its picture stands on Discord's CDN.
      return `:${node.name}:`;
    case 'user':
    case 'role':
    case 'channel':
    case 'everyone':
    case 'here':
    case 'slashCommand':
      return <Mention kind={type} id={String(node.id ?? '')} name={String(node.fullName ?? '')} />;
    default:
      return inner;
  }
}

function CodeBlock({ text, embed }: { text: string; embed: boolean }) {
  const [ref, overflows] = useOverflows();
  // Whoever has no mouse scrolls what has the focus.
  const reach = overflows ? { tabIndex: 0, role: 'group', 'aria-label': 'Code' } : {};
  return (
    <discord-code multiline embed={embed} ref={ref} {...reach}>
      {text}
    </discord-code>
  );
}

/** A link to a message of the server opens it in the pane. */
function Link({ to, children }: { to: string; children: ReactNode }) {
  if (!/^(https?|mailto):/i.test(to)) return children;
  const message = /^https:\/\/discord\.com\/channels\/\d+\/\d+\/(\d+)$/.exec(to)?.[1];
  const onClick = (event: MouseEvent) => {
    if (message === undefined) return;
    event.preventDefault();
    lookAt('discord', message);
  };
  return (
    <discord-link href={to} target="_blank" rel="noopener noreferrer" onClick={onClick}>
      {children}
    </discord-link>
  );
}

function Moment({ at, style }: { at: number; style: string }) {
  return <discord-time title={momentText(at)}>{style === 'R' ? <Ago at={at} /> : momentText(at)}</discord-time>;
}

const Ago = ({ at }: { at: number }) => agoText(at, useNow());

function Spoiler({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState(false);
  const show = () => setShown(true);
  if (shown) return <discord-spoiler activated>{children}</discord-spoiler>;
  return (
    <button type="button" className="spoiler" aria-label="Spoiler: show" onClick={show} data-ours>
      <span aria-hidden="true">{children}</span>
    </button>
  );
}
