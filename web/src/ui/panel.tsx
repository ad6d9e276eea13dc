// What lies beside the stage, one at a time: the people, the conversation, the hosts' switches. It takes the focus when it
// opens, so that a reader begins at its heading, and closes on Escape.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../text/text.ts';
import * as icons from './icons.tsx';

export type PanelName = 'people' | 'chat' | 'host';

export interface PanelProps {
  title: ComponentChildren;
  name: PanelName;
  onClose(): void;
  /** Another place than the heading takes the focus. */
  focusesItself?: boolean;
  children: ComponentChildren;
}

export function Panel({ title, name, onClose, focusesItself = false, children }: PanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (!focusesItself) heading.current?.focus();
  }, []);
  return (
    <aside
      class="panel"
      tabIndex={-1}
      data-panel={name}
      aria-labelledby={`${name}-title`}
      onKeyDown={(event) => {
        // A dialog on top of the panel closes first, and by itself.
        if (event.key === 'Escape' && !(event.target as Element).closest('dialog')) onClose();
      }}
    >
      <header>
        <h2 id={`${name}-title`} ref={heading} tabIndex={-1}>
          {title}
        </h2>
        <button type="button" class="button icon-only" aria-label={t('meeting.close')} onClick={onClose}>
          <icons.Close />
        </button>
      </header>
      {children}
    </aside>
  );
}
