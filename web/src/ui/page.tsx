// A page of one's account: its heading takes the focus when one comes from another page, and its content is there only for
// those whom it is for.

import type { ComponentChildren } from 'preact';
import { PAGES, type PageName, type PageRoute } from '../pages.ts';
import { pathOf, signInPath } from '../route.ts';
import { t } from '../text/account.ts';
import { account } from './account.ts';
import { AccountMenu } from './accountMenu.tsx';
import { Wait } from './loading.tsx';
import { here } from './navigation.ts';
import { Shell, useHeading, useTitle } from './shell.tsx';
import './styles/account.css';

export interface PageProps {
  /** Its name in the table of pages, which has its title. */
  name: PageName;
  /** A line under the title. */
  lead?: ComponentChildren;
  /** Over the title: the pages beside this one. */
  above?: ComponentChildren;
  /** Where this page hangs. */
  up?: PageRoute;
  /** For administrators only. */
  administrators?: boolean;
  /** Built only for those who may see it, because building it asks the server. */
  children(): ComponentChildren;
}

export function Page({ name, lead, above, up, administrators = false, children }: PageProps) {
  const title = t(PAGES[name].title);
  useTitle(title);
  const heading = useHeading();
  return (
    <Shell aside={<AccountMenu />}>
      <div class="page">
        {above}
        <header class="page-header">
          {up && (
            <a class="up" href={pathOf(up)}>
              {up.page === 'home' ? t('page.home') : t(PAGES[up.page].title)}
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
