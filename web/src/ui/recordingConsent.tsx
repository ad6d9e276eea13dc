// Where people are asked before they are recorded: the question to whoever is inside, and what they may still change afterwards. Whoever
// has agreed before they came in is not asked again; but a later recording asks anew.

import type { Signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Moderation } from '../meeting/moderation.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/room.ts';
import { useDoing } from './doing.ts';
import { useFocusKept } from './focus.ts';
import { ProblemNote } from './problem.tsx';

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
  const moderation = visit.moderation.value;
  const isAsked = moderation.consent === 'ASKED' && sends(moderation);
  const answer = (does: boolean) => run(() => visit.answerRecording(does));
  // Before anything is seen of it: whoever has answered at the door does not see it flicker.
  useLayoutEffect(() => {
    if (!isAsked) return;
    const before = agrees.peek();
    agrees.value = false;
    if (before) void answer(true);
  }, [isAsked]);
  return isAsked && !working.value && <Question problem={problem.value} onAnswer={answer} />;
}

function Question({ problem, onAnswer }: { problem: string; onAnswer(does: boolean): void }) {
  const element = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useFocusKept(element);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section ref={element} class="unblock card" aria-labelledby="asked-title" data-asked>
      <h2 ref={heading} id="asked-title" tabIndex={-1}>
        {t('asked.title')}
      </h2>
      <p>{t('asked.text')}</p>
      <ProblemNote text={problem} />
      <div class="form-actions">
        <button type="button" class="button" onClick={() => onAnswer(false)}>
          {t('asked.refuse')}
        </button>
        <button type="button" class="button primary" onClick={() => onAnswer(true)}>
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
      <ProblemNote text={problem.value} />
    </div>
  );
}
