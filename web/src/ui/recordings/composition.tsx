// One video of all: asked for by the owner, made beside everything else, and one of the files when it is there.

import { cancelComposition, composeMeetingRecording } from '../../api/recordings.ts';
import type { Recording } from '../../recordings/recording.ts';
import { t } from '../../text/recordings.ts';
import { useDoing } from '../doing.ts';
import { ProblemNote } from '../problem.tsx';

export interface CompositionProps {
  recording: Recording;
  onChanged(recording: Recording): void;
}

/** It waits or is being made, and may be taken back. */
export function isComposing({ composition }: Recording): boolean {
  return composition === 'WAITING' || composition === 'BEING_MADE';
}

export function Composition({ recording, onChanged }: CompositionProps) {
  const { working, problem, run } = useDoing();
  const { name, state, composition, composed_percent, composable, deletable } = recording;
  // Whoever may delete it owns it.
  if (state !== 'FILE_GENERATED' || !deletable || composition === 'MADE') return null;
  const isUnderWay = isComposing(recording);
  const ask = (request: (name: string) => Promise<Recording>) => () => run(async () => onChanged(await request(name)));
  return (
    <section class="recording-part" aria-labelledby="composition">
      <h2 id="composition">{t('composition.title')}</h2>
      <div class="card">
        {!composable && <p>{t('composition.missing')}</p>}
        <div role="status">
          {composition === 'WAITING' && <p>{t('composition.waiting')}</p>}
          {composition === 'BEING_MADE' && (
            <>
              <p>{t('composition.made', { percent: composed_percent })}</p>
              <progress max={100} value={composed_percent} aria-hidden="true" />
            </>
          )}
          {composition === 'NOT_MADE' && <p>{t('composition.failed')}</p>}
        </div>
        <ProblemNote text={problem.value} />
        {composable && !isUnderWay && <p class="hint">{t('composition.hint')}</p>}
        {composable && (
          <button
            type="button"
            class="button"
            disabled={working.value}
            onClick={ask(isUnderWay ? cancelComposition : composeMeetingRecording)}
          >
            {isUnderWay ? t('composition.cancel') : t('composition.start')}
          </button>
        )}
      </div>
    </section>
  );
}
