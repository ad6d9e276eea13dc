// The buttons of a meeting. A button is labelled with what it does, not with the state it is in. One that may not be used
// keeps its place in the order of the keyboard and says why when it is pressed: a button that is merely grey is a riddle.

import type { ComponentChild } from 'preact';
import type { Devices } from '../meeting/devices.ts';
import { t } from '../text/text.ts';
import * as icons from './icons.tsx';

export interface ControlProps {
  label: string;
  icon: ComponentChild;
  onClick(): void;
  /** `off`: what it controls is off; `on`: it is on and one should know; `leave`: the way out. */
  tone?: 'plain' | 'off' | 'on' | 'leave';
  busy?: boolean;
  expanded?: boolean;
  badge?: string;
  /** Read out instead of the label. */
  name?: string;
  /** Why it may not be used. */
  obstacle?: string | null;
  explain?(text: string): void;
  /** The panel that it opens, which gives the focus back to it. */
  opens?: string;
}

export function Control(props: ControlProps) {
  const { label, icon, onClick, tone = 'plain', busy = false, expanded, badge, name } = props;
  const { obstacle = null, explain, opens } = props;
  return (
    <button
      type="button"
      class="control"
      data-tone={tone}
      data-opens={opens}
      aria-busy={busy}
      aria-disabled={obstacle !== null}
      aria-label={name}
      aria-expanded={expanded}
      title={obstacle ?? name ?? label}
      onClick={() => (obstacle === null ? onClick() : explain?.(obstacle))}
    >
      <span class="control-face">
        {icon}
        {badge && <span class="badge" data-count={badge} />}
      </span>
      <span class="control-label">{label}</span>
    </button>
  );
}

export interface DeviceButtonProps extends Pick<ControlProps, 'obstacle' | 'explain'> {
  devices: Devices;
}

export function MicrophoneButton({ devices, ...may }: DeviceButtonProps) {
  const { on, starting } = devices.microphone.value;
  return (
    <Control
      label={on ? t('meeting.mute') : t('meeting.unmute')}
      icon={on ? <icons.Microphone /> : <icons.MicrophoneOff />}
      tone={on ? 'plain' : 'off'}
      busy={starting}
      {...may}
      onClick={() => void devices.setMicrophone(!on)}
    />
  );
}

export function CameraButton({ devices, ...may }: DeviceButtonProps) {
  const { on, starting } = devices.camera.value;
  return (
    <Control
      label={on ? t('meeting.stopCamera') : t('meeting.startCamera')}
      icon={on ? <icons.Camera /> : <icons.CameraOff />}
      tone={on ? 'plain' : 'off'}
      busy={starting}
      {...may}
      onClick={() => void devices.setCamera(!on)}
    />
  );
}

/** Phones cannot share their screen: there the button would only disappoint. */
const CAN_SHARE = navigator.mediaDevices !== undefined && 'getDisplayMedia' in navigator.mediaDevices;

interface ScreenButtonProps extends DeviceButtonProps {
  /** Whether sound can be sent, too. */
  withSound: boolean;
  onRefused(): void;
}

export function ScreenButton({ devices, withSound, onRefused, ...may }: ScreenButtonProps) {
  if (!CAN_SHARE) return null;
  const sharing = devices.screen.value !== null;
  const share = async () => {
    if (!(await devices.shareScreen(withSound))) onRefused();
  };
  return (
    <Control
      label={sharing ? t('meeting.stopSharing') : t('meeting.shareScreen')}
      icon={sharing ? <icons.ScreenOff /> : <icons.Screen />}
      tone={sharing ? 'on' : 'plain'}
      {...may}
      onClick={() => (sharing ? devices.stopScreen() : void share())}
    />
  );
}
