// What hosts decide for everybody. The switches say what the others may do, so that "on" is always "allowed"; while the
// meeting is not moderated everything is, and they cannot be turned. What was locked before is locked again with it.

import { useSignal } from '@preact/signals';
import { useEffect, useId } from 'preact/hooks';
import type { ModerateRequest } from '../api/generated/messages.ts';
import { end, joinsAsViewer, letJoinAsViewer, lock } from '../api/moderation.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/room.ts';
import { ConfirmButton } from './confirm.tsx';
import type { Notices } from './notices.tsx';
import { Panel } from './panel.tsx';
import { reasonOf } from './reason.ts';

export interface HostControlsProps {
  visit: Visit;
  /** `spaces/{space}` */
  space: string;
  notices: Notices;
  onClose(): void;
}

export function HostControls({ visit, space, notices, onClose }: HostControlsProps) {
  const { locks, role } = visit.moderation.value;
  const set = (change: ModerateRequest) => lock(space, change);
  const only = (allowed: boolean) => (allowed ? ('NO_RESTRICTION' as const) : ('HOSTS_ONLY' as const));
  const allowed = (locked: boolean) => !(locks.moderation && locked);
  const shared = { notices, obstacle: locks.moderation ? null : t('host.moderation.needed') };
  return (
    <Panel name="host" title={t('host.title')} onClose={onClose}>
      <div class="panel-body">
        <Switch
          label={t('host.moderation')}
          hint={t('host.moderation.hint')}
          on={locks.moderation}
          notices={notices}
          onChange={(moderation) => set({ moderation })}
        />
        <div class="switches" role="group" aria-labelledby="host-everybody">
          <h3 id="host-everybody">{t('host.everybody')}</h3>
          <Switch
            label={t('host.present')}
            on={allowed(locks.present)}
            onChange={(allowed) => set({ presentRestriction: only(allowed) })}
            {...shared}
          />
          <Switch
            label={t('host.chat')}
            on={allowed(locks.chat)}
            onChange={(allowed) => set({ chatRestriction: only(allowed) })}
            {...shared}
          />
          <Switch
            label={t('host.reactions')}
            on={allowed(locks.reactions)}
            onChange={(allowed) => set({ reactionRestriction: only(allowed) })}
            {...shared}
          />
        </div>
        {/* The owner's alone: it is a setting of the space in Google's contract, which co-hosts may not change. */}
        {role === 'HOST' && <ViewerSwitch space={space} {...shared} />}
        <section class="host-end" aria-labelledby="host-end">
          <h3 id="host-end">{t('host.end')}</h3>
          <p class="hint">{t('host.end.hint')}</p>
          <ConfirmButton
            label={t('host.end.action')}
            name={t('host.end.action')}
            title={t('host.end.title')}
            text={t('host.end.text')}
            action={() => end(space)}
            onDone={() => undefined}
          />
        </section>
      </div>
    </Panel>
  );
}

function ViewerSwitch({ space, notices, obstacle }: { space: string; notices: Notices; obstacle: string | null }) {
  const viewer = useSignal<boolean | null>(null);
  useEffect(() => {
    let gone = false;
    // The page of the space may have changed it since, so it is asked for again with each turn of moderation.
    joinsAsViewer(space)
      .then((value) => {
        if (!gone) viewer.value = value;
      })
      .catch(() => undefined);
    return () => {
      gone = true;
    };
  }, [space, obstacle]);
  if (viewer.value === null) return null;
  return (
    <Switch
      label={t('host.viewers')}
      hint={t('host.viewers.hint')}
      on={viewer.value && obstacle === null}
      notices={notices}
      obstacle={obstacle}
      onChange={async (on) => {
        viewer.value = await letJoinAsViewer(space, on);
      }}
    />
  );
}

interface SwitchProps {
  label: string;
  hint?: string;
  on: boolean;
  /** Why it cannot be turned. */
  obstacle?: string | null;
  notices: Notices;
  onChange(on: boolean): Promise<unknown>;
}

/** Shows what the server says, not what was asked for: until it has answered, the switch is busy. */
function Switch({ label, hint, on, obstacle = null, notices, onChange }: SwitchProps) {
  const id = useId();
  const working = useSignal(false);
  const turn = async () => {
    if (obstacle !== null) return notices.say(obstacle);
    if (working.value) return;
    working.value = true;
    try {
      await onChange(!on);
    } catch (error) {
      notices.say(t('host.failed', { reason: reasonOf(error) }));
    } finally {
      working.value = false;
    }
  };
  return (
    <div class="switch-row">
      <span class="switch-text">
        <span id={id}>{label}</span>
        {hint && (
          <span class="hint" id={`${id}-hint`}>
            {hint}
          </span>
        )}
      </span>
      <button
        type="button"
        class="switch"
        role="switch"
        aria-checked={on}
        aria-labelledby={id}
        aria-describedby={hint ? `${id}-hint` : undefined}
        aria-disabled={obstacle !== null}
        aria-busy={working.value}
        title={obstacle ?? undefined}
        onClick={() => void turn()}
      >
        <i />
      </button>
    </div>
  );
}
