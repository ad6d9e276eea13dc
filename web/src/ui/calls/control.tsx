// The recording of a call while the call goes on: begun, paused, resumed and stopped by those who may, and said to all others.

import { controlRecording, type RecordingVerb } from '../../api/calls.ts';
import type { RecordingStatus } from '../../api/generated/messages.ts';
import { t } from '../../text/calls.ts';
import { SavingNote, useSaving } from '../saving.tsx';
import { timeText } from '../times.ts';

export interface ControlProps {
  status: RecordingStatus;
  mayControl: boolean;
  onChange(status: RecordingStatus): void;
}

/** What can be done in each state, the first first. */
const VERBS: Partial<Record<RecordingStatus['state'], readonly RecordingVerb[]>> = {
  NONE: ['start'],
  RECORDING: ['pause', 'stop'],
  PAUSED: ['resume', 'stop'],
};

export function Control({ status, mayControl, onChange }: ControlProps) {
  const saving = useSaving();
  const act = (verb: RecordingVerb) =>
    void saving.run(async () => onChange(await controlRecording(status.call, verb)), t(`control.${verb}.done`));
  return (
    <section class="card recording" aria-label={t('control.title')}>
      <p class="hint">{statusText(status)}</p>
      {mayControl && (
        <div class="row-actions">
          {(VERBS[status.state] ?? []).map((verb) => (
            <button key={verb} type="button" class="button quiet small" onClick={() => act(verb)}>
              {t(`control.${verb}`)}
            </button>
          ))}
        </div>
      )}
      <SavingNote saving={saving} />
    </section>
  );
}

function statusText({ state, pauseTime }: RecordingStatus): string {
  if (state === 'PAUSED') return t('control.paused', { time: timeText(Date.parse(pauseTime ?? '')) });
  return state === 'RECORDING' ? t('control.recording') : t('control.none');
}
