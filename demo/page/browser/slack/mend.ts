import type { Pressable } from './adapt.ts';

/** Attributes that the library's elements lack; set on what it has drawn, which it leaves alone when it draws again. */
export function mend(root: HTMLElement, buttons: ReadonlyMap<string, Pressable>, busy: string | null): void {
  for (const element of root.querySelectorAll<HTMLElement>('button[id]')) {
    const button = buttons.get(element.id);
    if (button) mendButton(element, button, element.id === busy);
  }
  for (const image of root.querySelectorAll('.slack_blocks_to_jsx__image')) mendImage(image);
  for (const table of root.querySelectorAll<HTMLElement>('.slack_blocks_to_jsx__table')) mendTable(table, root);
}

function mendButton(element: HTMLElement, { url, confirm }: Pressable, busy: boolean): void {
  if (url !== null) element.setAttribute('role', 'link');
  if (confirm !== null) element.setAttribute('aria-haspopup', 'dialog');
  element.toggleAttribute('data-busy', busy);
  element.setAttribute('aria-busy', String(busy));
  element.setAttribute('aria-disabled', String(busy));
}

/** Its button that folds the picture away has no name. */
function mendImage(image: Element): void {
  const button = image.querySelector('.slack_blocks_to_jsx__image_media_trigger button');
  button?.setAttribute('aria-label', 'Show the picture');
  button?.setAttribute('aria-expanded', String(image.querySelector('img') !== null));
}

/** Its first row is a heading only to the eye, and a wide table could not be scrolled without a mouse. */
function mendTable(scroller: HTMLElement, root: HTMLElement): void {
  const name = root.querySelector('.slack_blocks_to_jsx__header_heading')?.textContent || 'Table';
  for (const cell of scroller.querySelectorAll('tr:first-child > td')) cell.setAttribute('role', 'columnheader');
  scroller.querySelector('table')?.setAttribute('aria-label', name);
  const wide = scroller.scrollWidth > scroller.clientWidth;
  for (const [attribute, value] of [
    ['tabindex', '0'],
    ['role', 'group'],
    ['aria-label', `${name}, to be scrolled sideways`],
  ] as const) {
    if (wide) scroller.setAttribute(attribute, value);
    else scroller.removeAttribute(attribute);
  }
}
