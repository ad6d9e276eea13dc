// What administrators manage, in five parts with an address each.

import type { ComponentChildren } from 'preact';
import { OFFICES, type Office, officePath } from '../../route.ts';
import { t } from '../../text/text.ts';
import { Page } from '../page.tsx';
import { Apps } from './apps.tsx';
import { Domains } from './domains.tsx';
import { Grants } from './grants.tsx';
import { People } from './people.tsx';
import { ServiceAccounts } from './serviceAccounts.tsx';

const PARTS: Record<Office, { title: string; lead: string; content: () => ComponentChildren }> = {
  people: { title: t('people.title'), lead: t('people.lead'), content: () => <People /> },
  apps: { title: t('apps.title'), lead: t('apps.lead'), content: () => <Apps /> },
  'service-accounts': { title: t('accounts.title'), lead: t('accounts.lead'), content: () => <ServiceAccounts /> },
  grants: { title: t('grants.title'), lead: t('grants.lead'), content: () => <Grants /> },
  domains: { title: t('domains.title'), lead: t('domains.lead'), content: () => <Domains /> },
};

export function AdministrationPage({ office }: { office: Office }) {
  const { title, lead, content } = PARTS[office];
  return (
    <Page
      title={title}
      lead={lead}
      administrators
      above={
        <nav class="tabs" aria-label={t('administration.title')}>
          {OFFICES.map((each) => (
            <a key={each} href={officePath(each)} aria-current={each === office ? 'page' : undefined}>
              {PARTS[each].title}
            </a>
          ))}
        </nav>
      }
    >
      {content}
    </Page>
  );
}
