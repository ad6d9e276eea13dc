// Where people are asked before they are recorded: the question to whoever is inside, and what they may still change afterwards. Whoever
// has agreed before they came in is not asked again; but a later recording asks anew.

import type { Signal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Moderation } from '../meeting/moderation.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/room.ts';
import { useDoing } from './doing.ts';

export interface AskRecordingProps {
  visit: Visit;
  /** They have agreed to the recording that they found at the door. */
  agrees: Signal<boolean>;
}

/** Who only watches sends nothing that could be kept. */
function sends({ permissions }: Moderation): boolean {
  return permissions.microphone || permissions.camera || permissions.screen;
}

export function AskRecording({ visit, agrees }: AskRecordingProps) {
  const { working, problem, run } = useDoing();
  const heading = useRef<HTMLHeadingElement>(null);
  const moderation = visit.moderation.value;
  const isAsked = moderation.consent === 'ASKED' && sends(moderation);
  const answer = (does: boolean) => run(() => visit.answerRecording(does));
  useEffect(() => {
    if (!isAsked) return;
    const before = agrees.peek();
    agrees.value = false;
    if (before) void answer(true);
    else heading.current?.focus();
  }, [isAsked]);
  if (!isAsked || working.value) return null;
  return (
    <section class="unblock card" aria-labelledby="asked-title" data-asked>
      <h2 ref={heading} id="asked-title" tabIndex={-1}>
        {t('asked.title')}
      </h2>
      <p>{t('asked.text')}</p>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <div class="form-actions">
        <button type="button" class="button" onClick={() => answer(false)}>
          {t('asked.refuse')}
        </button>
        <button type="button" class="button primary" onClick={() => answer(true)}>
          {t('asked.agree')}
        </button>
      </div>
    </section>
  );
}

/** Beside the banner: whether one is in it oneself, and the other answer. */
export function OwnConsent({ visit }: { visit: Visit }) {
  const { working, problem, run } = useDoing();
  const { consent } = visit.moderation.value;
  if (consent !== 'AGREED' && consent !== 'REFUSED') return null;
  return (
    <div class="recording-consent">
      <button
        type="button"
        class="button quiet small"
        disabled={working.value}
        onClick={() => run(() => visit.answerRecording(consent === 'REFUSED'))}
      >
        {t(`asked.change.${consent}`)}
      </button>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
    </div>
  );
}
