// The recordings of a meeting, on its page; nothing, if there are none.

import { listMeetingRecordings } from '../../api/recordings.ts';
import { pathOf } from '../../route.ts';
import { t } from '../../text/recordings.ts';
import { Failed, useLoaded } from '../loading.tsx';
import { timeText } from '../times.ts';

export function RecordingList({ conferenceRecord, title }: { conferenceRecord: string; title: string }) {
  const { state, again } = useLoaded(conferenceRecord, () => listMeetingRecordings(conferenceRecord));
  if (state.phase === 'failed') return <Failed error={state.error} onAgain={again} />;
  if (state.phase === 'loading' || state.value.length === 0) return null;
  return (
    <section aria-labelledby="recordings">
      <h2 id="recordings">{title}</h2>
      <ul class="card recording-list">
        {state.value.map((recording) => (
          <li key={recording.name}>
            <a href={pathOf({ page: 'recording', conferenceRecord, recording: recording.name })}>
              {t('recordings.open', { time: timeText(recording.start_ms) })}
            </a>{' '}
            <span class="hint">{t(`recordings.state.${recording.state}`)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
