// The buttons below the stage. A button for something that one may not do stays where it is and says why; what one's device
// cannot do at all has no button.

import type { Signal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Devices } from '../meeting/devices.ts';
import { isHost } from '../meeting/moderation.ts';
import { queue } from '../meeting/reactions.ts';
import type { Visit } from '../meeting/visit.ts';
import { t } from '../text/room.ts';
import { CameraButton, Control, MicrophoneButton, ScreenButton } from './controls.tsx';
import { DeviceHint, DevicePickers } from './devicePickers.tsx';
import * as icons from './icons.tsx';
import type { Notices } from './notices.tsx';
import { whyNot } from './obstacles.ts';
import type { PanelName } from './panel.tsx';
import { ReactButton, type ReactButtonProps } from './reactions.tsx';
import { RecordButton } from './record.tsx';

export interface BarProps {
  visit: Visit;
  /** `spaces/{space}` */
  space: string;
  devices: Devices;
  notices: Notices;
  panel: Signal<PanelName | null>;
  /** How many people are here. */
  count: number;
}

export function Bar({ visit, space, devices, notices, panel, count }: BarProps) {
  const settings = useRef<HTMLDialogElement>(null);
  const moderation = visit.moderation.value;
  const { device } = moderation;
  const explain = notices.say;
  const { unread } = visit.exchange.conversation.value;
  const opens = (name: PanelName) => ({
    opens: name,
    tone: panel.value === name ? ('on' as const) : ('plain' as const),
    expanded: panel.value === name,
    onClick: () => {
      panel.value = panel.peek() === name ? null : name;
    },
  });
  return (
    <div class="bar" role="group" aria-label={t('meeting.controls')}>
      {device === 'FULL' && (
        <>
          <MicrophoneButton devices={devices} obstacle={whyNot(moderation, 'microphone')} explain={explain} />
          <CameraButton devices={devices} obstacle={whyNot(moderation, 'camera')} explain={explain} />
        </>
      )}
      {device === 'VIEWER' && isHost(moderation) && (
        <Control label={t('meeting.takePart')} icon={<icons.Microphone />} onClick={visit.takePart} />
      )}
      {device === 'COMPANION' && <SoundButton visit={visit} />}
      {device !== 'VIEWER' && (
        <ScreenButton
          devices={devices}
          withSound={moderation.permissions.microphone}
          obstacle={whyNot(moderation, 'screen')}
          explain={explain}
          onRefused={() => notices.say(t('meeting.shareFailed'))}
        />
      )}
      <ReactButton visit={visit} obstacle={whyNot(moderation, 'reactions')} explain={explain} />
      <HandButton visit={visit} obstacle={whyNot(moderation, 'reactions')} explain={explain} />
      <Control
        label={t('chat.title')}
        {...(unread ? { name: t('chat.unread', { count: unread }), badge: String(unread) } : {})}
        icon={<icons.Chat />}
        {...opens('chat')}
      />
      <Control
        label={t('meeting.people')}
        name={t('meeting.people.count', { count })}
        icon={<icons.People />}
        badge={String(count)}
        {...opens('people')}
      />
      {isHost(moderation) && <RecordButton visit={visit} space={space} />}
      {isHost(moderation) && <Control label={t('host.title')} icon={<icons.Shield />} {...opens('host')} />}
      <Control label={t('meeting.settings')} icon={<icons.Settings />} onClick={() => settings.current?.showModal()} />
      <Control label={t('meeting.leave')} icon={<icons.Leave />} tone="leave" onClick={() => visit.leave()} />
      <dialog ref={settings} class="card settings" aria-labelledby="settings-title">
        <form method="dialog">
          <h2 id="settings-title">{t('devices.title')}</h2>
          <DevicePickers devices={devices} device={device} />
          {device === 'FULL' && <DeviceHint devices={devices} />}
          <button type="submit" class="button primary">
            {t('meeting.close')}
          </button>
        </form>
      </dialog>
    </div>
  );
}

function HandButton({ visit, obstacle, explain }: ReactButtonProps) {
  const raised = queue(visit.exchange.hands.value).includes(visit.ownKey.value);
  return (
    <Control
      label={raised ? t('hands.lower') : t('hands.raise')}
      icon={<icons.Hand />}
      tone={raised ? 'on' : 'plain'}
      obstacle={raised ? null : obstacle}
      explain={explain}
      onClick={() => visit.exchange.setHand(!raised)}
    />
  );
}

/** Off until it is asked for: the person's other device is in the same room. */
function SoundButton({ visit }: { visit: Visit }) {
  const { on } = visit.sound;
  return (
    <Control
      label={on.value ? t('companion.soundOff') : t('companion.soundOn')}
      icon={on.value ? <icons.Speaker /> : <icons.SpeakerOff />}
      tone={on.value ? 'plain' : 'off'}
      onClick={() => {
        on.value = !on.peek();
      }}
    />
  );
}
