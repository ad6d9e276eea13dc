// With what one joins: like everybody, as a second device beside one's first, or only to watch.

import type { Device } from '../api/generated/messages.ts';
import { t } from '../text/text.ts';

const CHOICES = ['FULL', 'COMPANION', 'VIEWER'] as const satisfies Device[];

export interface JoinChoiceProps {
  device: Device;
  signedIn: boolean;
  disabled: boolean;
  onChoose(device: Device): void;
}

export function JoinChoice({ device, signedIn, disabled, onChoose }: JoinChoiceProps) {
  return (
    <fieldset class="join-choice" disabled={disabled}>
      <legend>{t('preJoin.device')}</legend>
      {CHOICES.map((choice) => {
        // Whose second device would it be?
        const unavailable = choice === 'COMPANION' && !signedIn;
        return (
          <label key={choice} data-chosen={device === choice} data-unavailable={unavailable}>
            <input
              type="radio"
              name="device"
              value={choice}
              checked={device === choice}
              disabled={unavailable}
              aria-describedby={`device-${choice}`}
              aria-label={t(`preJoin.device.${choice}`)}
              onChange={() => onChoose(choice)}
            />
            <span>
              {t(`preJoin.device.${choice}`)}
              {/* Read out with each; seen only where it matters, so that the button stays in sight. */}
              <span class="hint" id={`device-${choice}`} hidden={device !== choice && !unavailable}>
                {unavailable ? t('preJoin.device.COMPANION.guest') : t(`preJoin.device.${choice}.hint`)}
              </span>
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
