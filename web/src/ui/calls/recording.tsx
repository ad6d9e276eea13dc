// One recording of a call: heard, taken along, deleted by those who may; or why there is nothing to hear.

import type { AudioFile, Call, Recording } from '../../calls/call.ts';
import { fileName } from '../../calls/fileName.ts';
import { t } from '../../text/calls.ts';
import { ConfirmButton } from '../confirm.tsx';
import { useDoing } from '../doing.ts';
import { ProblemNote } from '../problem.tsx';
import { timeText } from '../times.ts';
import { Player } from './player.tsx';

/** Whether somebody has to keep it. */
export interface Hold {
  held: boolean;
  /** All of the project are held. */
  projectHeld: boolean;
  /** For those who may: holds it, or does no more. */
  change: (() => Promise<void>) | undefined;
}

export interface RecordingPartProps {
  call: Call;
  recording: Recording;
  hold: Hold;
  /** For those who may. */
  onDelete: (() => Promise<void>) | undefined;
  onDeleted(): void;
}

export function RecordingPart({ call, recording, hold, onDelete, onDeleted }: RecordingPartProps) {
  const { state, source, start_ms, wav, mp3 } = recording;
  const name = t('recording.at', { source: t(`recording.source.${source}`), time: timeText(start_ms) });
  const kept = state === 'SUCCEEDED';
  return (
    <section class="card recording" aria-label={name} data-state={state}>
      <h3>{name}</h3>
      {kept ? <Player recording={recording} name={name} sides={sidesOf(call, recording)} /> : <Why call={call} recording={recording} />}
      {(hold.held || hold.projectHeld) && (
        <p class="hint">{hold.held ? t('recording.held') : t('recording.held.project')}</p>
      )}
      <div class="row-actions">
        {wav && <Download file={wav} label={t('recording.wav')} name={t('recording.wavOf', { name })} to={fileName(call, recording, 'wav')} />}
        {mp3 && <Download file={mp3} label={t('recording.mp3')} name={t('recording.mp3Of', { name })} to={fileName(call, recording, 'mp3')} />}
        {state !== 'PENDING' && hold.change && <HoldButton hold={hold} change={hold.change} name={name} />}
        {onDelete && state !== 'PENDING' && !hold.held && !hold.projectHeld && (
          <ConfirmButton
            label={t('recording.delete')}
            name={t('recording.deleteOf', { name })}
            title={t('recording.delete.title')}
            text={t('recording.delete.text')}
            action={onDelete}
            onDone={onDeleted}
          />
        )}
      </div>
    </section>
  );
}

function HoldButton({ hold: { held }, change, name }: { hold: Hold; change(): Promise<void>; name: string }) {
  const { problem, run } = useDoing();
  return (
    <>
      <button
        type="button"
        class="button quiet small"
        aria-label={held ? t('recording.releaseOf', { name }) : t('recording.holdOf', { name })}
        onClick={() => run(change)}
      >
        {held ? t('recording.release') : t('recording.hold')}
      </button>
      <ProblemNote text={problem.value} />
    </>
  );
}

/** Why there is nothing to hear. */
function Why({ call, recording: { state, errorCode } }: { call: Call; recording: Recording }) {
  // Always there while it is prepared, so that a screen reader tells of the change.
  return (
    <p role="status">
      {state === 'PENDING' && (call.end_ms === undefined ? t('recording.pending.live') : t('recording.pending'))}
      {state === 'EMPTY' && t('recording.empty')}
      {state === 'FAILED' && (errorCode === 'TIMEOUT' ? t('recording.failed.timeout') : t('recording.failed'))}
    </p>
  );
}

interface DownloadProps {
  file: AudioFile;
  label: string;
  name: string;
  /** What the file is called. */
  to: string;
}

function Download({ file, label, name, to }: DownloadProps) {
  return (
    <a class="button quiet small" href={file.path} download={to} aria-label={name}>
      {label}
    </a>
  );
}

/** Who is on each channel: the leg that is recorded, and who was heard there. */
function sidesOf({ from, to, incoming }: Call, { channels }: Recording): string[] {
  const own = incoming
    ? t('player.side', { side: t('player.caller'), who: from || t('calls.withheld') })
    : t('player.side', { side: t('player.called'), who: to });
  return channels > 1 ? [own, t('player.other')] : [own];
}
