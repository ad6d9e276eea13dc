// The check before a meeting: one press, and it looks. Nobody needs an account for it, and nobody is in a meeting by it.

import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { type Examination, openExamination } from '../../check/examination.ts';
import { type Looks, verdictOf } from '../../check/network.ts';
import { type Devices, openDevices } from '../../meeting/devices.ts';
import { t } from '../../text/check.ts';
import { DevicePickers } from '../devicePickers.tsx';
import { Shell, useHeading, useTitle } from '../shell.tsx';
import { CameraRow, MicrophoneRow, SpeakerRow } from './deviceRows.tsx';
import { QualityRows, RelayRow, TcpRow, UdpRow } from './networkRows.tsx';
import { Row } from './row.tsx';
import '../styles/account.css';
import '../styles/controls.css';
import '../styles/preJoin.css';
import '../styles/check.css';

/** What is looked at, from the first press until the page goes. */
interface Looking {
  devices: Devices;
  /** None in a browser that makes no connections. */
  examination: Examination | null;
}

export function CheckPage() {
  useTitle(t('check.title'));
  const heading = useHeading();
  const looking = useSignal<Looking | null>(null);
  useEffect(() => () => close(looking.peek()), []);
  const start = () => {
    close(looking.peek());
    const devices = openDevices({ microphone: true, camera: true });
    const examination = 'RTCPeerConnection' in window ? openExamination() : null;
    looking.value = { devices, examination };
    examination?.look();
  };
  return (
    <Shell>
      <div class="page check">
        <header class="page-header">
          <h1 ref={heading} tabIndex={-1}>
            {t('check.title')}
          </h1>
          <p class="page-lead">{t('check.lead')}</p>
        </header>
        <div class="actions">
          <button type="button" class="button primary large" onClick={start}>
            {t(looking.value ? 'check.again' : 'check.start')}
          </button>
        </div>
        {looking.value && <Findings {...looking.value} />}
      </div>
    </Shell>
  );
}

function Findings({ devices, examination }: Looking) {
  const { udp, tcp, relay } = examination?.ways ?? {};
  const looks: Looks = { udp: udp?.value, tcp: tcp?.value, relay: relay?.value };
  const verdict = examination ? verdictOf(looks) : 'bad';
  return (
    <>
      <p class="check-verdict" role="status" data-grade={verdict}>
        {t(`check.verdict.${verdict}`)}
      </p>
      <ul class="card check-rows" aria-label={t('check.rows')}>
        <BrowserRow isAble={examination !== null} />
        <CameraRow devices={devices} />
        <MicrophoneRow devices={devices} />
        <SpeakerRow devices={devices} />
        {examination && (
          <>
            <UdpRow looks={looks} />
            <TcpRow looks={looks} />
            <RelayRow looks={looks} />
            <QualityRows looks={looks} />
          </>
        )}
      </ul>
      <section class="pickers" aria-label={t('devices.title')}>
        <DevicePickers devices={devices} device="FULL" />
      </section>
    </>
  );
}

function BrowserRow({ isAble }: { isAble: boolean }) {
  const title = t('check.browser');
  if (!isAble) return <Row title={title} grade="bad" text={t('check.browser.bad')} />;
  if (!window.isSecureContext) return <Row title={title} grade="bad" text={t('check.browser.insecure')} />;
  return <Row title={title} grade="good" text={t('check.browser.good')} />;
}

function close(looking: Looking | null): void {
  looking?.devices.close();
  looking?.examination?.close();
}
