// Whoever comes is told that they will be recorded, before they come in: on the page before joining, and at the door. Where people are
// asked, they can agree at once.

import type { Signal } from '@preact/signals';
import type { Meeting } from '../api/meetings.ts';
import { t } from '../text/text.ts';
import { Choice } from './field.tsx';

export interface RecordingNoteProps {
  meeting: Meeting;
  agrees: Signal<boolean>;
}

/** Always there, so that a screen reader tells of the change: a recording may begin while somebody gets ready. */
export function RecordingNote({ meeting: { recorded, asksToRecord }, agrees }: RecordingNoteProps) {
  return (
    <>
      <p class="recording-note" id="recorded" role="status">
        {recorded && (asksToRecord ? t('preJoin.asked') : t(`preJoin.recorded.${recorded}`))}
      </p>
      {recorded && asksToRecord && (
        <Choice
          kind="checkbox"
          label={t('preJoin.agree')}
          hint={t('preJoin.agree.hint')}
          checked={agrees.value}
          onChange={() => {
            agrees.value = !agrees.peek();
          }}
        />
      )}
    </>
  );
}
