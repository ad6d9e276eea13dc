// Recording: the banner that everybody sees, and the button of those who may. Before anything is kept it is said what; and what the
// page shows is what the server says, never what was asked for.

import { useEffect, useRef } from 'preact/hooks';
import { type RecordingVerb, record } from '../api/moderation.ts';
import type { RecordingState } from '../meeting/messages.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/room.ts';
import { Control } from './controls.tsx';
import { useDoing } from './doing.ts';
import * as icons from './icons.tsx';
import { ProblemNote } from './problem.tsx';

/** Always there, so that a screen reader tells of the change. */
export function RecordingBanner({ state }: { state: RecordingState }) {
  return (
    <div class="recording-banner" role="status" data-recording={state}>
      {state !== 'NONE' && (
        <p>
          <i aria-hidden="true" />
          {t(`record.banner.${state}`)}
        </p>
      )}
    </div>
  );
}

export interface RecordButtonProps {
  visit: Visit;
  /** `spaces/{space}` */
  space: string;
}

export function RecordButton({ visit, space }: RecordButtonProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const { working, problem, run } = useDoing();
  const state = visit.moderation.value.recording;
  // What it asks has been answered, here or by another host.
  useEffect(() => dialog.current?.close(), [state]);
  const ask = (verb: RecordingVerb) => async () => {
    if (await run(() => record(space, verb))) dialog.current?.close();
  };
  const open = () => {
    problem.value = '';
    dialog.current?.showModal();
  };
  return (
    <>
      <Control label={t(`record.button.${state}`)} icon={<icons.Record />} tone={state === 'NONE' ? 'plain' : 'on'} onClick={open} />
      <dialog ref={dialog} class="card confirm" aria-labelledby="record-title" aria-describedby="record-text">
        <h2 id="record-title">{state === 'NONE' ? t('record.start.title') : t('record.now.title')}</h2>
        <p id="record-text">{state === 'NONE' ? t('record.start.text') : t('record.now.text')}</p>
        <ProblemNote text={problem.value} />
        <div class="form-actions">
          <button type="button" class="button" onClick={() => dialog.current?.close()}>
            {state === 'NONE' ? t('confirm.cancel') : t('meeting.close')}
          </button>
          {state === 'NONE' ? (
            <Act label={t('record.start')} working={working.value} act={ask('start')} />
          ) : (
            <>
              {state === 'RECORDING' ? (
                <Act label={t('record.pause')} working={working.value} act={ask('pause')} />
              ) : (
                <Act label={t('record.resume')} working={working.value} act={ask('resume')} />
              )}
              <Act label={t('record.stop')} working={working.value} act={ask('stop')} />
            </>
          )}
        </div>
      </dialog>
    </>
  );
}

function Act({ label, working, act }: { label: string; working: boolean; act(): Promise<void> }) {
  return (
    <button type="button" class="button primary" disabled={working} onClick={act}>
      {label}
    </button>
  );
}
