// The ways to the server, and how it is on the one that a meeting would take.

import { gradeOfLoss, gradeOfRoundTrip } from '../../check/echoes.ts';
import { type Looks, qualityIn, wayOf } from '../../check/network.ts';
import { shunsLoopback } from '../../meeting/loopback.ts';
import { t } from '../../text/check.ts';
import { reasonOf } from '../reason.ts';
import { Row } from './row.tsx';

export function UdpRow({ looks: { udp } }: { looks: Looks }) {
  const row = { title: t('check.udp') };
  switch (udp?.kind) {
    case 'open':
      return <Row {...row} grade="good" text={t('check.udp.good', { ends: listed(udp.ends) })} />;
    case 'blocked': {
      const shuns = shunsLoopback(navigator.userAgent, location.hostname);
      const text = shuns ? t('check.udp.loopback') : t('check.udp.bad', { ends: listed(udp.ends) });
      return <Row {...row} grade="bad" text={text} />;
    }
    case 'absent':
      return <Row {...row} grade="bad" text={t('check.udp.absent')} />;
    case 'failed':
      return <Row {...row} grade="bad" text={t('check.failed', { reason: reasonOf(udp.error) })} />;
    default:
      return <Row {...row} grade="looking" text="" />;
  }
}

export function TcpRow({ looks: { udp, tcp } }: { looks: Looks }) {
  const row = { title: t('check.tcp') };
  const needed = udp?.kind !== 'open' && udp?.kind !== 'looking';
  switch (tcp?.kind) {
    case 'open': {
      const ends = listed(tcp.ends);
      return <Row {...row} grade="good" text={needed ? t('check.tcp.poor', { ends }) : t('check.tcp.good', { ends })} />;
    }
    case 'blocked': {
      const ends = listed(tcp.ends);
      const text = needed ? t('check.tcp.bad', { ends }) : t('check.tcp.unneeded', { ends });
      return <Row {...row} grade={needed ? 'bad' : 'poor'} text={text} />;
    }
    case 'absent':
      return <Row {...row} grade={needed ? 'bad' : 'poor'} text={t('check.tcp.absent')} />;
    case 'failed':
      return <Row {...row} grade="bad" text={t('check.failed', { reason: reasonOf(tcp.error) })} />;
    default:
      return <Row {...row} grade="looking" text="" />;
  }
}

/** Only where there is a relay: without one nothing is wrong. */
export function RelayRow({ looks }: { looks: Looks }) {
  const row = { title: t('check.relay') };
  const needed = wayOf({ ...looks, relay: undefined }) === null;
  switch (looks.relay?.kind) {
    case 'open': {
      const ends = listed(looks.relay.ends);
      return <Row {...row} grade="good" text={t(needed ? 'check.relay.poor' : 'check.relay.good', { ends })} />;
    }
    case 'blocked': {
      const ends = listed(looks.relay.ends);
      return <Row {...row} grade={needed ? 'bad' : 'poor'} text={t(needed ? 'check.relay.bad' : 'check.relay.unneeded', { ends })} />;
    }
    default:
      return null;
  }
}

export function QualityRows({ looks }: { looks: Looks }) {
  const quality = qualityIn(looks);
  const [roundTripTitle, lossTitle] = [t('check.roundTrip'), t('check.loss')];
  if (quality === 'looking' || quality === null) {
    const [grade, text] = quality ? (['looking', ''] as const) : (['bad', t('check.measured.none')] as const);
    return (
      <>
        <Row title={roundTripTitle} grade={grade} text={text} />
        <Row title={lossTitle} grade={grade} text={text} />
      </>
    );
  }
  const [roundTripGrade, lossGrade] = [gradeOfRoundTrip(quality), gradeOfLoss(quality)];
  const times = { roundTrip: Math.round(quality.roundTrip_ms), jitter: Math.round(quality.jitter_ms) };
  const loss = Math.round(quality.loss * 100);
  return (
    <>
      <Row
        title={roundTripTitle}
        grade={roundTripGrade}
        text={roundTripGrade === 'good' ? t('check.roundTrip.good', times) : t('check.roundTrip.poor', times)}
      />
      <Row title={lossTitle} grade={lossGrade} text={t(`check.loss.${lossGrade}`, { loss })} />
    </>
  );
}

/** People read two addresses; what follows is the same machine. */
function listed(ends: readonly string[]): string {
  return ends.slice(0, 2).join(', ');
}
