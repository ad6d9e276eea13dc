// Who waits at the door, for hosts: a word in passing above the stage, and the list in which each is let in or sent away.

import type { ReadonlySignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { admit, deny } from '../api/moderation.ts';
import type { Knock } from '../meeting/moderation.ts';
import { counted, t } from '../text/room.ts';
import { useFocusKept } from './focus.ts';
import { Name, nameText } from './name.tsx';
import type { Notices } from './notices.tsx';
import { reasonOf } from './reason.ts';

export interface KnocksProps {
  /** `spaces/{space}` */
  space: string;
  knocks: ReadonlySignal<readonly Knock[]>;
  notices: Notices;
}

/** Lets in or sends away; somebody may have done it, or gone, a moment before. */
function useDoor(space: string, notices: Notices) {
  const tell = (error: unknown) => notices.say(t('knocks.failed', { reason: reasonOf(error) }));
  return {
    admit: (...knocks: Knock[]) => {
      for (const { session } of knocks) admit(space, session).catch(tell);
    },
    deny: ({ session }: Knock) => {
      deny(space, session).catch(tell);
    },
  };
}

export function KnockNotice({ space, knocks, notices, onShow }: KnocksProps & { onShow(): void }) {
  const door = useDoor(space, notices);
  const [first, ...others] = knocks.value;
  const alone = others.length === 0;
  return (
    <div class="knock-notice card" data-empty={!first}>
      {/* Always there, so that what appears in it is read out. */}
      <p role="status">
        {first && (alone ? t('knocks.single', { name: nameText(first) }) : counted('knocks.many', others.length + 1))}
      </p>
      {first && <Answers alone={alone} onShow={onShow} onAdmit={() => door.admit(...knocks.peek())} />}
    </div>
  );
}

function Answers({ alone, onShow, onAdmit }: { alone: boolean; onShow(): void; onAdmit(): void }) {
  const element = useRef<HTMLDivElement>(null);
  useFocusKept(element);
  return (
    <div ref={element} class="knock-actions">
      <button type="button" class="button small" onClick={onShow}>
        {t('knocks.show')}
      </button>
      <button type="button" class="button small primary" onClick={onAdmit}>
        {alone ? t('knocks.admit') : t('knocks.admitAll')}
      </button>
    </div>
  );
}

function whence({ byPhone, mark, email }: Knock): string {
  if (byPhone) return t('knocks.byPhone');
  return mark === 'guest' ? t('knocks.notSignedIn') : email;
}

export function KnockList(props: KnocksProps) {
  return props.knocks.value.length > 0 && <Knocking {...props} />;
}

function Knocking({ space, knocks, notices }: KnocksProps) {
  const door = useDoor(space, notices);
  const element = useRef<HTMLElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useFocusKept(element);
  // The button that is pressed disappears with its row: the focus goes to where the list begins.
  const act = (action: () => void) => {
    action();
    heading.current?.focus();
  };
  return (
    <section ref={element} class="knocks" aria-labelledby="knocks-title">
      <header>
        <h3 id="knocks-title" ref={heading} tabIndex={-1}>
          {t('knocks.title')} <span class="count">{knocks.value.length}</span>
        </h3>
        {knocks.value.length > 1 && (
          <button type="button" class="button small" onClick={() => act(() => door.admit(...knocks.peek()))}>
            {t('knocks.admitAll')}
          </button>
        )}
      </header>
      <ul>
        {knocks.value.map((knock) => (
          <li key={knock.session}>
            <span class="knock-who">
              <Name of={knock} />
              <span class="hint">{whence(knock)}</span>
            </span>
            <span class="knock-actions">
              <button
                type="button"
                class="button small quiet"
                aria-label={t('knocks.deny.name', { name: nameText(knock) })}
                onClick={() => act(() => door.deny(knock))}
              >
                {t('knocks.deny')}
              </button>
              <button
                type="button"
                class="button small primary"
                aria-label={t('knocks.admit.name', { name: nameText(knock) })}
                onClick={() => act(() => door.admit(knock))}
              >
                {t('knocks.admit')}
              </button>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
