// One recording of a meeting: what became of it, and when its files are there, the player. While they are made the page says how far
// that is, and goes on by itself.

import { useEffect } from 'preact/hooks';
import { deleteMeetingRecording, getLog, getMeetingRecording } from '../../api/recordings.ts';
import { attendance } from '../../api/register.ts';
import { type KeptFile, type Log, logOf, nameOf, type Recording } from '../../recordings/recording.ts';
import { type Attendee, inOrderOfArrival } from '../../register/attendance.ts';
import { pathOf } from '../../route.ts';
import { t } from '../../text/recordings.ts';
import { ConfirmButton } from '../confirm.tsx';
import { Failed, useLoaded, Wait } from '../loading.tsx';
import { navigate } from '../navigation.ts';
import { Page } from '../page.tsx';
import { isMissing } from '../reason.ts';
import { dayAndTimeText, durationText } from '../times.ts';
import { Composition, isComposing } from './composition.tsx';
import { Player } from './player.tsx';
import '../styles/calls.css';
import '../styles/register.css';
import '../styles/recordings.css';

interface Played {
  recording: Recording;
  people: Attendee[];
  log: Log;
}

/** How often it is asked how far its files are. */
const LOOK_AGAIN_MS = 2_000;

async function load(conferenceRecord: string, name: string): Promise<Played> {
  const [recording, people] = await Promise.all([getMeetingRecording(name), attendance(conferenceRecord)]);
  const log = logOf(await getLog(recording.log), recording.start_ms, recording.duration_s);
  return { recording, people: inOrderOfArrival(people), log };
}

export function RecordingPage({ conferenceRecord, recording }: { conferenceRecord: string; recording: string }) {
  return (
    <Page name="recording" up={{ page: 'attendance', conferenceRecord }}>
      {() => <Load conferenceRecord={conferenceRecord} name={`${conferenceRecord}/recordings/${recording}`} />}
    </Page>
  );
}

function Load({ conferenceRecord, name }: { conferenceRecord: string; name: string }) {
  const { state, again, set } = useLoaded(name, () => load(conferenceRecord, name));
  const shown = state.phase === 'ready' ? state.value.recording : null;
  const isDue = shown !== null && (['STARTED', 'ENDED'].includes(shown.state) || isComposing(shown));
  useEffect(() => {
    if (!isDue) return;
    // What is on the screen stays until the next answer.
    const timer = setInterval(() => void load(conferenceRecord, name).then(set, () => undefined), LOOK_AGAIN_MS);
    return () => clearInterval(timer);
  }, [isDue]);
  switch (state.phase) {
    case 'loading':
      return <Wait />;
    case 'failed':
      if (isMissing(state.error)) return <p class="card gate">{t('recordings.missing')}</p>;
      return <Failed error={state.error} onAgain={again} />;
    case 'ready':
      return (
        <Shown
          conferenceRecord={conferenceRecord}
          {...state.value}
          onChanged={(recording) => set({ ...state.value, recording })}
        />
      );
  }
}

interface ShownProps extends Played {
  conferenceRecord: string;
  onChanged(recording: Recording): void;
}

function Shown({ conferenceRecord, recording, people, log, onChanged }: ShownProps) {
  const { start_ms, end_ms, deletable, held, name } = recording;
  return (
    <>
      <p class="recording-when">
        <time datetime={new Date(start_ms).toISOString()}>{dayAndTimeText(start_ms)}</time>
        {end_ms !== undefined && `, ${durationText(end_ms - start_ms)}`}
      </p>
      <Became recording={recording} />
      {recording.tracks.length > 0 && <Player recording={recording} people={people} log={log} />}
      <Files recording={recording} people={people} log={log} />
      <Composition recording={recording} onChanged={onChanged} />
      <Answers answers={recording.answers} people={people} />
      {deletable && !held && ['FILE_GENERATED', 'FAILED'].includes(recording.state) && (
        <ConfirmButton
          label={t('recordings.delete')}
          name={t('recordings.delete')}
          title={t('recordings.delete.title')}
          text={t('recordings.delete.text')}
          action={() => deleteMeetingRecording(name)}
          onDone={() => navigate(pathOf({ page: 'attendance', conferenceRecord }))}
        />
      )}
    </>
  );
}

/** What became of it, where that is not seen by itself. It is always there, so that a screen reader tells of the change. */
function Became({ recording: { state, progress_percent, endReason, held, tracks } }: { recording: Recording }) {
  const early = endReason && endReason !== 'STOPPED' && endReason !== 'CONFERENCE_ENDED' ? endReason : null;
  return (
    <div class="recording-became" role="status">
      {state === 'STARTED' && <p>{t('recordings.goesOn')}</p>}
      {state === 'ENDED' && (
        <>
          <p>{t('recordings.preparing', { percent: progress_percent })}</p>
          <progress max={100} value={progress_percent} aria-hidden="true" />
        </>
      )}
      {state === 'FAILED' && <p>{t('recordings.state.FAILED')}</p>}
      {state === 'FILE_GENERATED' && tracks.length === 0 && <p>{t('recordings.nothing')}</p>}
      {early && <p>{t(`recordings.ended.${early}`)}</p>}
      {held && <p>{t('recordings.held')}</p>}
    </div>
  );
}

/** Who agreed to be recorded, and who did not, where people were asked. */
function Answers({ answers, people }: { answers: Recording['answers']; people: Attendee[] }) {
  if (!answers) return null;
  const nameOfPerson = (participant: string) => people.find(({ name }) => name === participant)?.displayName || t('meeting.nameless');
  return (
    <section class="recording-part" aria-labelledby="answers">
      <h2 id="answers">{t('recordings.answers')}</h2>
      {answers.length === 0 ? (
        <p class="card">{t('recordings.answers.none')}</p>
      ) : (
        <ul class="recording-files card">
          {answers.map(({ participant, at_ms, agrees }) => (
            <li key={`${participant} ${at_ms}`}>
              {agrees
                ? t('recordings.answers.agreed', { name: nameOfPerson(participant), time: dayAndTimeText(at_ms) })
                : t('recordings.answers.refused', { name: nameOfPerson(participant), time: dayAndTimeText(at_ms) })}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What the recorder makes of the whole meeting. */
const WHOLE: ReadonlyMap<string, 'wav' | 'mp3' | 'mp4' | 'log'> = new Map([
  ['meeting.mp4', 'mp4'],
  ['mix.wav', 'wav'],
  ['mix.mp3', 'mp3'],
  ['events.jsonl', 'log'],
]);

function Files({ recording: { files, archive }, people, log }: Played) {
  if (files.length === 0) return null;
  const text = ({ name, size_bytes, of }: KeptFile): string => {
    const size = sizeText(size_bytes);
    const whole = WHOLE.get(name);
    if (whole) return t(`recordings.whole.${whole}`, { size });
    if (!of) return t('recordings.file', { name, size });
    const person = nameOf(of.session, people, log) || t('meeting.nameless');
    return t(`recordings.file.${of.source}`, { name: person, size });
  };
  return (
    <section class="recording-part" aria-labelledby="files">
      <h2 id="files">{t('recordings.files')}</h2>
      <ul class="recording-files card">
        <li>
          <a href={archive} download="recording.zip">
            {t('recordings.archive')}
          </a>
        </li>
        {files.map((file) => (
          <li key={file.name}>
            <a href={file.path} download={file.name}>
              {text(file)}
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

function sizeText(size_bytes: number): string {
  if (size_bytes < 1_000_000) return t('recordings.size.small', { kilobytes: Math.ceil(size_bytes / 1_000) });
  return t('recordings.size', { megabytes: (size_bytes / 1_000_000).toFixed(size_bytes < 10_000_000 ? 2 : 0) });
}
