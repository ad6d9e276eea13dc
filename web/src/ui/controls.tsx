// The buttons of a meeting. A button is labelled with what it does, not with the state it is in.

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
}

export function Control({ label, icon, onClick, tone = 'plain', busy = false, expanded, badge, name }: ControlProps) {
  return (
    <button
      type="button"
      class="control"
      data-tone={tone}
      aria-busy={busy}
      aria-label={name}
      aria-expanded={expanded}
      title={name ?? label}
      onClick={onClick}
    >
      <span class="control-face">
        {icon}
        {badge && (
          <span class="badge" aria-hidden="true">
            {badge}
          </span>
        )}
      </span>
      <span class="control-label">{label}</span>
    </button>
  );
}

export function MicrophoneButton({ devices }: { devices: Devices }) {
  const { on, starting } = devices.microphone.value;
  return (
    <Control
      label={on ? t('meeting.mute') : t('meeting.unmute')}
      icon={on ? <icons.Microphone /> : <icons.MicrophoneOff />}
      tone={on ? 'plain' : 'off'}
      busy={starting}
      onClick={() => void devices.setMicrophone(!on)}
    />
  );
}

export function CameraButton({ devices }: { devices: Devices }) {
  const { on, starting } = devices.camera.value;
  return (
    <Control
      label={on ? t('meeting.stopCamera') : t('meeting.startCamera')}
      icon={on ? <icons.Camera /> : <icons.CameraOff />}
      tone={on ? 'plain' : 'off'}
      busy={starting}
      onClick={() => void devices.setCamera(!on)}
    />
  );
}

/** Phones cannot share their screen: there the button would only disappoint. */
const CAN_SHARE = navigator.mediaDevices !== undefined && 'getDisplayMedia' in navigator.mediaDevices;

export function ScreenButton({ devices, onRefused }: { devices: Devices; onRefused(): void }) {
  if (!CAN_SHARE) return null;
  const sharing = devices.screen.value !== null;
  const share = async () => {
    if (!(await devices.shareScreen())) onRefused();
  };
  return (
    <Control
      label={sharing ? t('meeting.stopSharing') : t('meeting.shareScreen')}
      icon={sharing ? <icons.ScreenOff /> : <icons.Screen />}
      tone={sharing ? 'on' : 'plain'}
      onClick={() => (sharing ? devices.stopScreen() : void share())}
    />
  );
}
