// One subject of a page of settings: a card with a heading.

import type { ComponentChildren } from 'preact';

export interface PartProps {
  id: string;
  title: string;
  lead?: string;
  children: ComponentChildren;
}

export function Part({ id, title, lead, children }: PartProps) {
  return (
    <section class="card part" aria-labelledby={id}>
      <h2 id={id} tabIndex={-1}>
        {title}
      </h2>
      {lead && <p class="hint">{lead}</p>}
      {children}
    </section>
  );
}
