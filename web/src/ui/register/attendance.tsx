// Who was in one meeting, from when to when and with what; a bar for each session shows at a glance who came late.

import { attendance, getConference } from '../../api/register.ts';
import { ApiError } from '../../api/request.ts';
import { getSpace } from '../../api/spaces.ts';
import { type Attendee, barsOf, type Conference, inOrderOfArrival, presenceOf, type Session } from '../../register/attendance.ts';
import { attendanceCsv, fileName } from '../../register/csv.ts';
import { pathOf } from '../../route.ts';
import { counted, t } from '../../text/account.ts';
import { download } from '../download.ts';
import { Failed, useLoaded, Wait } from '../loading.tsx';
import { Page } from '../page.tsx';
import { RecordingList } from '../recordings/recordingList.tsx';
import { isMissing } from '../reason.ts';
import { dayAndTimeText, dayText, durationText, timeText } from '../times.ts';
import '../styles/register.css';

interface Sitting {
  conference: Conference;
  people: Attendee[];
  /** Empty once it has lapsed. */
  meetingCode: string;
  /** When it was asked: the end, so far, of what still runs. */
  now_ms: number;
}

async function load(conferenceRecord: string): Promise<Sitting> {
  const [conference, people] = await Promise.all([getConference(conferenceRecord), attendance(conferenceRecord)]);
  const meetingCode = await codeOf(conference.space);
  return { conference, people: inOrderOfArrival(people), meetingCode, now_ms: Date.now() };
}

/** A record outlives what is said of its space: without a code it is still whole. */
async function codeOf(space: string): Promise<string> {
  try {
    return (await getSpace(space)).meetingCode ?? '';
  } catch (error) {
    if (error instanceof ApiError) return '';
    throw error;
  }
}

export function AttendancePage({ conferenceRecord }: { conferenceRecord: string }) {
  return (
    <Page name="attendance" up={{ page: 'pastMeetings' }}>
      {() => <Load name={conferenceRecord} />}
    </Page>
  );
}

function Load({ name }: { name: string }) {
  const { state, again } = useLoaded(name, () => load(name));
  switch (state.phase) {
    case 'loading':
      return <Wait />;
    case 'failed':
      if (isMissing(state.error)) return <p class="card gate">{t('attendance.missing')}</p>;
      return <Failed error={state.error} onAgain={again} />;
    case 'ready':
      return <Attendance name={name} sitting={state.value} onAgain={again} />;
  }
}

function Attendance({ name, sitting, onAgain }: { name: string; sitting: Sitting; onAgain(): void }) {
  const { conference, people, now_ms } = sitting;
  const { start_ms } = conference;
  const whole = { start_ms, end_ms: conference.end_ms ?? Math.max(start_ms, now_ms) };
  return (
    <>
      <Summary sitting={sitting} end_ms={whole.end_ms} onAgain={onAgain} />
      <RecordingList conferenceRecord={name} title={t('attendance.recordings')} />
      <section aria-labelledby="attendees">
        <h2 id="attendees">{t('attendance.who')}</h2>
        <ul class="attendees card" aria-labelledby="attendees">
          {people.map((person) => (
            <li key={person.name}>
              <Person person={person} whole={whole} now_ms={now_ms} />
            </li>
          ))}
        </ul>
        <p class="hint legend">
          <span data-device="FULL">{t('attendance.device.FULL')}</span>
          <span data-device="COMPANION">{t('attendance.device.COMPANION')}</span>
          <span data-device="VIEWER">{t('attendance.device.VIEWER')}</span>
        </p>
      </section>
    </>
  );
}

interface SummaryProps {
  sitting: Sitting;
  /** Now, for what still runs. */
  end_ms: number;
  onAgain(): void;
}

function Summary({ sitting: { conference, people, meetingCode }, end_ms, onAgain }: SummaryProps) {
  const { start_ms, expire_ms } = conference;
  const live = conference.end_ms === undefined;
  const save = () => download(fileName(meetingCode, start_ms), 'text/csv', attendanceCsv(people));
  return (
    <section class="card summary" aria-label={t('attendance.summary')}>
      <dl>
        <Fact name={t('attendance.when')}>
          <time datetime={new Date(start_ms).toISOString()}>{dayAndTimeText(start_ms)}</time>
          {live ? <span class="tag live">{t('past.live')}</span> : <> – {timeText(end_ms)}</>}
        </Fact>
        <Fact name={t('attendance.duration')}>{durationText(end_ms - start_ms)}</Fact>
        <Fact name={t('attendance.people')}>{counted('past.people', people.length)}</Fact>
        {meetingCode && (
          <Fact name={t('attendance.code')}>
            <a class="code" href={pathOf({ page: 'meeting', code: meetingCode })}>
              {meetingCode}
            </a>
          </Fact>
        )}
        <Fact name={t('attendance.kept')}>
          {expire_ms === undefined
            ? t('attendance.kept.ever')
            : t('attendance.kept.until', { day: dayText(expire_ms) })}
        </Fact>
      </dl>
      <div class="form-actions">
        {live && (
          <button type="button" class="button" onClick={onAgain}>
            {t('attendance.refresh')}
          </button>
        )}
        <button type="button" class="button" onClick={save}>
          {t('attendance.csv')}
        </button>
      </div>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface PersonProps {
  person: Attendee;
  whole: { start_ms: number; end_ms: number };
  now_ms: number;
}

function Person({ person, whole, now_ms }: PersonProps) {
  const { displayName, signedIn, byPhone, role, removed, sessions } = person;
  const calls = sessions.map(({ call }) => call).filter(Boolean);
  const presence = presenceOf(sessions, now_ms);
  if (!presence) return null;
  return (
    <>
      <div class="attendee">
        <h3>{displayName || t('meeting.nameless')}</h3>
        <p class="tags">
          {(role === 'HOST' || role === 'COHOST') && <span class="tag">{t(`attendance.role.${role}`)}</span>}
          {!signedIn && <span class="tag">{t('mark.guest')}</span>}
          {byPhone && <span class="tag">{t('meeting.byPhone')}</span>}
          {sessions.some(({ byProgram }) => byProgram) && <span class="tag">{t('mark.program')}</span>}
          {removed && <span class="tag warning">{t('attendance.removed')}</span>}
        </p>
        <p class="attendee-times">
          <span>{spanText(presence.start_ms, presence.live ? undefined : presence.end_ms)}</span>
          <strong>{durationText(presence.present_ms)}</strong>
        </p>
        <p class="hint">
          {calls.length === 0
            ? presence.devices.map((device) => t(`attendance.device.${device}`)).join(', ')
            : calls.map((call) => (
                <a key={call} href={callPath(call)}>
                  {t('attendance.call')}
                </a>
              ))}
        </p>
      </div>
      <svg class="timeline" aria-hidden="true">
        {barsOf(sessions, whole, now_ms).map((bar, index) => (
          <rect
            key={index}
            data-device={bar.device}
            x={`${bar.left_percent}%`}
            width={`${bar.width_percent}%`}
            y={bar.second ? '50%' : 0}
            height={bar.second ? '50%' : '100%'}
            rx="3"
          />
        ))}
      </svg>
      {sessions.length > 1 && <Sessions sessions={sessions} />}
    </>
  );
}

/** `projects/{project}/calls/{call}` */
function callPath(name: string): string {
  const [, project = '', , call = ''] = name.split('/');
  return pathOf({ page: 'call', project: `projects/${project}`, call });
}

function Sessions({ sessions }: { sessions: readonly Session[] }) {
  return (
    <details>
      <summary>{counted('attendance.sessions', sessions.length)}</summary>
      <ul>
        {[...sessions]
          .sort((a, b) => a.start_ms - b.start_ms)
          .map(({ start_ms, end_ms, device, byProgram }, index) => (
            <li key={index}>
              {spanText(start_ms, end_ms)}, {t(`attendance.device.${device}`)}
              {byProgram && `, ${t('mark.program')}`}
            </li>
          ))}
      </ul>
    </details>
  );
}

/** Without an end: until now. */
function spanText(start_ms: number, end_ms: number | undefined): string {
  const to = end_ms === undefined ? t('attendance.now') : timeText(end_ms);
  return t('attendance.span', { from: timeText(start_ms), to });
}
