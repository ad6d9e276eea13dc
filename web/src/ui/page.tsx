// A page of one's account: its heading takes the focus when one comes from another page, and its content is there only for
// those whom it is for.

import type { ComponentChildren } from 'preact';
import { signInPath } from '../route.ts';
import { t } from '../text/text.ts';
import { account } from './account.ts';
import { AccountMenu } from './accountMenu.tsx';
import { Wait } from './loading.tsx';
import { here } from './navigation.ts';
import { Shell, useHeading, useTitle } from './shell.tsx';

export interface PageProps {
  title: string;
  /** A line under the title. */
  lead?: ComponentChildren;
  /** Over the title: the pages beside this one. */
  above?: ComponentChildren;
  /** Where this page hangs. */
  up?: { href: string; text: string };
  /** For administrators only. */
  administrators?: boolean;
  /** Built only for those who may see it, because building it asks the server. */
  children(): ComponentChildren;
}

export function Page({ title, lead, above, up, administrators = false, children }: PageProps) {
  useTitle(title);
  const heading = useHeading();
  return (
    <Shell aside={<AccountMenu />}>
      <div class="page">
        {above}
        <header class="page-header">
          {up && (
            <a class="up" href={up.href}>
              {up.text}
            </a>
          )}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p class="page-lead">{lead}</p>}
        </header>
        <Gate administrators={administrators}>{children}</Gate>
      </div>
    </Shell>
  );
}

/** After something that had the focus went away. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>('main h1')?.focus();
}

function Gate({ administrators, children }: { administrators: boolean; children(): ComponentChildren }) {
  const who = account.value;
  switch (who.kind) {
    case 'asking':
      return <Wait />;
    case 'unknown':
      return <p role="status">{t('home.offline')}</p>;
    case 'guest':
      return (
        <div class="card gate">
          <p>{t('page.signIn')}</p>
          <a class="button primary" href={signInPath(here())}>
            {t('account.signIn')}
          </a>
        </div>
      );
    case 'user':
      if (administrators && !who.user.administrator) return <p class="card gate">{t('page.administrators')}</p>;
      return <>{children()}</>;
  }
}
