// The frame of the administration: pages beside each other, one for each kind of thing that administrators manage, and one for
// what was done.

import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { PAGES, type PageName } from '../../pages.ts';
import { pathOf } from '../../route.ts';
import { t } from '../../text/administration.ts';
import { prefetch } from '../currentPage.tsx';
import { Page } from '../page.tsx';

/** In the order in which they are shown. */
const OFFICES = [
  'people',
  'apps',
  'daemons',
  'serviceAccounts',
  'grants',
  'domains',
  'projects',
  'audit',
] as const satisfies readonly PageName[];

export interface AdministrationPageProps {
  office: (typeof OFFICES)[number];
  lead: string;
  children(): ComponentChildren;
}

export function AdministrationPage({ office, lead, children }: AdministrationPageProps) {
  // Whoever manages one of them goes on to the next.
  useEffect(() => prefetch(OFFICES), []);
  const tabs = (
    <nav class="tabs" aria-label={t('account.administration')}>
      {OFFICES.map((each) => (
        <a key={each} href={pathOf({ page: each })} aria-current={each === office ? 'page' : undefined}>
          {t(PAGES[each].title)}
        </a>
      ))}
    </nav>
  );
  return (
    <Page name={office} lead={lead} administrators above={tabs}>
      {children}
    </Page>
  );
}
