// Reactions: the eight that one can send, those that are seen for some seconds, and one sentence for those who do not see.

import { useSignal, useSignalEffect } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { REACTIONS_READ_MS } from '../meeting/limits.ts';
import type { Named } from '../meeting/named.ts';
import { REACTIONS, type Reaction, tally } from '../meeting/reactions.ts';
import { named } from '../meeting/roster.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/room.ts';
import { Control } from './controls.tsx';
import * as icons from './icons.tsx';
import { nameText } from './name.tsx';

export interface ReactButtonProps {
  visit: Visit;
  obstacle: string | null;
  explain(text: string): void;
}

export function ReactButton({ visit, obstacle, explain }: ReactButtonProps) {
  const id = useId();
  const open = useSignal(false);
  const popover = useRef<HTMLDivElement>(null);
  return (
    <div class="bar-item">
      <Control
        label={t('reactions.react')}
        icon={<icons.Smile />}
        tone={open.value ? 'on' : 'plain'}
        expanded={open.value}
        obstacle={obstacle}
        explain={explain}
        onClick={() => popover.current?.togglePopover()}
      />
      <div
        ref={popover}
        id={id}
        class="reaction-choice"
        popover="auto"
        role="group"
        aria-label={t('reactions.choose')}
        onToggle={(event) => {
          open.value = event.newState === 'open';
          if (open.value) popover.current?.querySelector('button')?.focus();
        }}
      >
        {REACTIONS.map(({ emoji, name }) => (
          <button
            key={name}
            type="button"
            aria-label={t(`reactions.${name}`)}
            title={t(`reactions.${name}`)}
            onClick={() => visit.exchange.react(emoji)}
          >
            {emoji}
          </button>
        ))}
      </div>
    </div>
  );
}

/** Above the stage: everybody's, those without a tile too. */
export function ReactionsSeen({ visit, own }: { visit: Visit; own: Named }) {
  const reactions = visit.exchange.reactions.value;
  const name = ({ participantKey }: Reaction) =>
    nameText(participantKey === visit.ownKey.value ? own : named(visit.roster.value, participantKey));
  return (
    <>
      <div class="reactions" aria-hidden="true">
        {reactions.map((reaction) => (
          // A few lanes, so that a crowd does not stand in one place.
          <span key={reaction.id} class="reaction" data-lane={reaction.id % 5}>
            <b>{reaction.emoji}</b>
            <small dir="auto">{name(reaction)}</small>
          </span>
        ))}
      </div>
      <ReactionsRead visit={visit} />
    </>
  );
}

/** What was sent since the last sentence, counted. */
function ReactionsRead({ visit }: { visit: Visit }) {
  const sentence = useSignal('');
  const readUpTo = useRef(0);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useSignalEffect(() => {
    const newest = visit.exchange.reactions.value.at(-1)?.id ?? 0;
    if (newest <= readUpTo.current || timer.current !== undefined) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      const fresh = visit.exchange.reactions
        .peek()
        .filter(({ id, participantKey }) => id > readUpTo.current && participantKey !== visit.ownKey.peek());
      readUpTo.current = visit.exchange.reactions.peek().at(-1)?.id ?? readUpTo.current;
      sentence.value = tally(fresh)
        .map(({ name, count }) => t('reactions.count', { name: t(`reactions.${name}`), count }))
        .join(', ');
    }, REACTIONS_READ_MS);
  });
  return (
    <p class="unseen" role="status">
      {sentence.value}
    </p>
  );
}
