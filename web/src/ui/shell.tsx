// The frame of every page but the meeting itself, and the plain page: a title, a text, and what one can do next.

import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { t } from '../text/text.ts';
import { Logo } from './logo.tsx';
import { hasNavigated } from './navigation.ts';

/** Without one, the title stays as it is. */
export function useTitle(title: string | undefined): void {
  useEffect(() => {
    if (title !== undefined) document.title = title === t('app.name') ? title : `${title} – ${t('app.name')}`;
  }, [title]);
}

/** A heading that takes the focus when one comes from another page: otherwise a screen reader stays where the link was. */
export function useHeading() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (hasNavigated) heading.current?.focus();
  }, []);
  return heading;
}

export function Shell({ children, aside }: { children: ComponentChildren; aside?: ComponentChildren }) {
  return (
    <div class="shell">
      <header class="shell-header">
        <a class="brand" href="/" aria-label={t('app.home')}>
          <Logo />
          <span>{t('app.name')}</span>
        </a>
        <div class="shell-aside">{aside}</div>
      </header>
      <main class="shell-main">{children}</main>
    </div>
  );
}

export interface PlainPageProps {
  title: string;
  text: string;
  children?: ComponentChildren;
  /** Something is under way. */
  busy?: boolean;
}

export function PlainPage({ title, text, children, busy = false }: PlainPageProps) {
  useTitle(title);
  const heading = useHeading();
  return (
    <Shell>
      <section class="plain" aria-busy={busy} aria-live="polite">
        <Logo class="plain-logo" />
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {text && <p>{text}</p>}
        <div class="actions">{children}</div>
      </section>
    </Shell>
  );
}
