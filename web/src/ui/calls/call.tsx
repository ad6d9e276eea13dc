// One telephone call: who called whom, what became of it, and its recordings. What is under way is looked at again by itself.

import { useEffect } from 'preact/hooks';
import { setRecordingHold } from '../../api/administration.ts';
import { deleteRecording, getCall, getRecordingStatus, listMemberships, listRecordings, meetingOf } from '../../api/calls.ts';
import type { RecordingStatus } from '../../api/generated/messages.ts';
import { type Call, isUnderWay, type Recording } from '../../calls/call.ts';
import { pathOf } from '../../route.ts';
import { t } from '../../text/calls.ts';
import { account } from '../account.ts';
import { Failed, useLoaded, Wait } from '../loading.tsx';
import { focusHeading, Page } from '../page.tsx';
import { isMissing } from '../reason.ts';
import { dayAndTimeText, durationText, timeText } from '../times.ts';
import { Control } from './control.tsx';
import { type Hold, RecordingPart } from './recording.tsx';
import { callPath, StateTag } from './words.tsx';
import '../styles/register.css';
import '../styles/calls.css';

/** While something is under way. */
const AGAIN_MS = 2_000;

/** Links to files are good for an hour. */
const RENEWED_MS = 50 * 60_000;

const DELETE = 'voice.recordings.delete';
const CONTROL = 'voice.recordings.control';

interface Shown {
  call: Call;
  /** `conferenceRecords/{conference_record}`; empty if it was in none. */
  meeting: string;
  recordings: readonly Recording[];
  status: RecordingStatus;
  mayDelete: boolean;
  mayControl: boolean;
}

export function CallPage({ project, call }: { project: string; call: string }) {
  return (
    <Page name="call" up={{ page: 'projectCalls', project }}>
      {() => <Load project={project} name={`${project}/calls/${call}`} />}
    </Page>
  );
}

async function load(project: string, name: string): Promise<Shown> {
  const [{ projects }, call, meeting, recordings, status] = await Promise.all([
    listMemberships(),
    getCall(name),
    meetingOf(project, name),
    listRecordings(name),
    getRecordingStatus(name),
  ]);
  const permissions = projects.find((membership) => membership.project === project)?.permissions ?? [];
  return { call, meeting, recordings, status, mayDelete: permissions.includes(DELETE), mayControl: permissions.includes(CONTROL) };
}

function Load({ project, name }: { project: string; name: string }) {
  const { state, again, set } = useLoaded(name, () => load(project, name));
  const shown = state.phase === 'ready' ? state.value : null;
  const wait_ms = shown && (isUnderWay(shown.call, shown.recordings) ? AGAIN_MS : RENEWED_MS);
  useEffect(() => {
    if (wait_ms === null) return;
    // What is shown stays until there is something newer, and if there is nothing newer.
    const look = () =>
      load(project, name).then(set, () => {
        timer = setTimeout(look, wait_ms);
      });
    let timer = setTimeout(look, wait_ms);
    return () => clearTimeout(timer);
  }, [shown, wait_ms]);
  switch (state.phase) {
    case 'loading':
      return <Wait />;
    case 'failed':
      if (isMissing(state.error)) return <p class="card gate">{t('call.missing')}</p>;
      return <Failed error={state.error} onAgain={again} />;
    case 'ready':
      return <ShownCall project={project} shown={state.value} onChange={set} />;
  }
}

interface ShownCallProps {
  project: string;
  shown: Shown;
  onChange(shown: Shown): void;
}

function ShownCall({ project, shown, onChange }: ShownCallProps) {
  const { call, meeting, recordings, status, mayDelete, mayControl } = shown;
  const who = account.value;
  const administers = who.kind === 'user' && who.user.administrator;
  const holdOf = (name: string): Hold => {
    const { heldRecordings = [], projectHeld = false } = status;
    const held = heldRecordings.includes(name);
    const change = async () => {
      await setRecordingHold(project, name, !held);
      const others = heldRecordings.filter((other) => other !== name);
      onChange({ ...shown, status: { ...status, heldRecordings: held ? others : [...others, name] } });
    };
    return { held, projectHeld, change: administers ? change : undefined };
  };
  const deleted = (name: string) => {
    onChange({ ...shown, recordings: recordings.filter((recording) => recording.name !== name) });
    focusHeading();
  };
  return (
    <>
      <Summary call={call} meeting={meeting} />
      {call.answer_ms !== undefined && call.end_ms === undefined && !call.origin && (
        <Control status={status} mayControl={mayControl} onChange={(status) => onChange({ ...shown, status })} />
      )}
      <section class="recordings" aria-labelledby="recordings">
        <h2 id="recordings">{t('call.recordings')}</h2>
        {recordings.length === 0 && (
          <p class="hint">{call.end_ms === undefined ? t('call.recordings.later') : t('call.recordings.none')}</p>
        )}
        <ul aria-labelledby="recordings">
          {recordings.map((recording) => (
            <li key={recording.name}>
              <RecordingPart
                call={call}
                recording={recording}
                hold={holdOf(recording.name)}
                onDelete={mayDelete ? () => deleteRecording(recording.name) : undefined}
                onDeleted={() => deleted(recording.name)}
              />
            </li>
          ))}
        </ul>
      </section>
    </>
  );
}

function Summary({ call, meeting }: Pick<Shown, 'call' | 'meeting'>) {
  const { from, to, state, create_ms, answer_ms, end_ms, origin, error, labels } = call;
  return (
    <section class="card summary call-summary" aria-label={t('call.summary')}>
      <dl>
        <Fact name={t('call.when')}>
          <time datetime={new Date(create_ms).toISOString()}>{dayAndTimeText(create_ms)}</time>
          {end_ms !== undefined && timeText(end_ms) !== timeText(create_ms) && <> – {timeText(end_ms)}</>}
        </Fact>
        <Fact name={t('call.from')}>{from || t('calls.withheld')}</Fact>
        <Fact name={t('call.to')}>{to}</Fact>
        <Fact name={t('call.outcome')}>
          <StateTag state={state} />
        </Fact>
        {answer_ms !== undefined && end_ms !== undefined && (
          <Fact name={t('call.talked')}>{durationText(end_ms - answer_ms)}</Fact>
        )}
        {meeting && (
          <Fact name={t('call.meeting')}>
            <a href={pathOf({ page: 'attendance', conferenceRecord: meeting })}>
              {t('call.meeting.see')}
            </a>
          </Fact>
        )}
        {origin && (
          <Fact name={t('call.origin')}>
            <a href={callPath(origin)}>{t('call.origin.see')}</a>
          </Fact>
        )}
        {error && <Fact name={t('call.error')}>{error}</Fact>}
        {labels.length > 0 && (
          <Fact name={t('call.labels')}>
            {labels.map(([label, value]) => (
              <span key={label} class="tag">
                {label}: {value}
              </span>
            ))}
          </Fact>
        )}
      </dl>
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
