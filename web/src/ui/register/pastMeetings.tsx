// The meetings that the signed-in person may read about, the newest first.

import { useMemo } from 'preact/hooks';
import type { PastMeeting } from '../../api/generated/messages.ts';
import { openPages } from '../../api/pages.ts';
import { listMeetings } from '../../api/register.ts';
import { pathOf } from '../../route.ts';
import { counted, t } from '../../text/account.ts';
import { Listing } from '../loading.tsx';
import { Page } from '../page.tsx';
import { dayAndTimeShortText, durationText } from '../times.ts';

export function PastMeetingsPage() {
  return (
    <Page name="pastMeetings" lead={t('past.lead')} up={{ page: 'home' }}>
      {() => <PastMeetingList />}
    </Page>
  );
}

/** With a page size: the latest only. */
export function PastMeetingList({ pageSize }: { pageSize?: number }) {
  const list = useMemo(() => openPages<PastMeeting>((token) => listMeetings(token, pageSize)), [pageSize]);
  return (
    <Listing
      list={list}
      label={t('past.title')}
      short={pageSize !== undefined}
      empty={<p>{t('past.none')}</p>}
      keyOf={({ conferenceRecord }) => conferenceRecord}
      row={(meeting) => <Row meeting={meeting} />}
    />
  );
}

function Row({ meeting }: { meeting: PastMeeting }) {
  const { conferenceRecord, meetingCode, startTime, endTime, participantCount = 0 } = meeting;
  const start_ms = Date.parse(startTime);
  return (
    <div class="row">
      <div class="row-main">
        <a class="row-title" href={pathOf({ page: 'attendance', conferenceRecord })}>
          {dayAndTimeShortText(start_ms)}
        </a>
        {!endTime && <span class="tag live">{t('past.live')}</span>}
        <p class="hint">
          {endTime && <span>{durationText(Date.parse(endTime) - start_ms)}</span>}
          <span>{counted('past.people', participantCount)}</span>
        </p>
      </div>
      {meetingCode && <span class="code">{meetingCode}</span>}
    </div>
  );
}
