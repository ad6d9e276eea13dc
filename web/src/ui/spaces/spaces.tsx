// The meeting places of the signed-in person, the newest first.

import { useMemo } from 'preact/hooks';
import type { OwnSpace } from '../../api/generated/messages.ts';
import { openPages } from '../../api/pages.ts';
import { listSpaces } from '../../api/spaces.ts';
import { pathOf } from '../../route.ts';
import { t } from '../../text/account.ts';
import { CopyButton } from '../copy.tsx';
import { Listing } from '../loading.tsx';
import { Page } from '../page.tsx';
import { dayText } from '../times.ts';

export function SpacesPage() {
  return (
    <Page name="spaces" lead={t('spaces.lead')} up={{ page: 'home' }}>
      {() => <SpaceList />}
    </Page>
  );
}

/** With a page size: the latest only. */
export function SpaceList({ pageSize }: { pageSize?: number }) {
  const list = useMemo(() => openPages<OwnSpace>((token) => listSpaces(token, pageSize)), [pageSize]);
  return (
    <Listing
      list={list}
      label={t('spaces.title')}
      short={pageSize !== undefined}
      empty={<p>{t('spaces.none')}</p>}
      keyOf={({ space }) => space}
      row={(space) => <Row space={space} />}
    />
  );
}

function Row({ space: { space, meetingCode, meetingUri, active, createTime, lastUsedTime } }: { space: OwnSpace }) {
  const used = lastUsedTime && lastUsedTime !== createTime;
  return (
    <div class="row">
      <div class="row-main">
        {meetingCode ? (
          <a class="row-title code" href={pathOf({ page: 'meeting', code: meetingCode })}>
            {meetingCode}
          </a>
        ) : (
          <span class="row-title">{t('spaces.lapsed')}</span>
        )}
        {active && <span class="tag live">{t('spaces.active')}</span>}
        <p class="hint">
          {used
            ? t('spaces.used', { day: dayText(Date.parse(lastUsedTime)) })
            : t('spaces.unused', { day: createTime ? dayText(Date.parse(createTime)) : '' })}
        </p>
      </div>
      <div class="row-actions">
        {meetingCode && meetingUri && (
          <CopyButton text={meetingUri} label={t('spaces.copy')} name={t('spaces.copyOf', { code: meetingCode })} />
        )}
        <a
          class="button quiet small"
          href={pathOf({ page: 'space', space })}
          aria-label={t('spaces.settingsOf', { code: meetingCode ?? space })}
        >
          {t('spaces.settings')}
        </a>
      </div>
    </div>
  );
}
