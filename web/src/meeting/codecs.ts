// What the server switches without touching it. Leaving out the rest makes the offer a third of the size.
//
// Sound goes with what was before it (RED), so that whoever loses a packet finds it in the next one: a second voice in bytes on the
// way up, and on the way down to those alone who lose some. Browsers send it only if it is preferred to the codec itself.

const VIDEO_CODECS = /^video\/(VP8|VP9|H264|AV1|rtx)$/i;

/** The codecs to offer, in the browser's order, but for redundancy before sound. */
export function switchableCodecs(kind: 'audio' | 'video', offered: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  if (kind === 'audio') {
    const named = (name: string) => offered.filter(({ mimeType }) => mimeType.toLowerCase() === name);
    return [...named('audio/red'), ...named('audio/opus')];
  }
  return offered.filter(({ mimeType, sdpFmtpLine = '' }) => {
    if (/\/VP9$/i.test(mimeType)) return !/profile-id=[1-9]/.test(sdpFmtpLine);
    if (/\/AV1$/i.test(mimeType)) return !/profile=[1-9]/.test(sdpFmtpLine);
    if (/\/H264$/i.test(mimeType))
      return /packetization-mode=1/.test(sdpFmtpLine) && /profile-level-id=42e0/i.test(sdpFmtpLine);
    return VIDEO_CODECS.test(mimeType);
  });
}

/** The same line, which offers these alone. */
export function preferSwitchable(transceiver: RTCRtpTransceiver, kind: 'audio' | 'video'): RTCRtpTransceiver {
  const wanted = switchableCodecs(kind, RTCRtpReceiver.getCapabilities(kind)?.codecs ?? []);
  // Older browsers cannot choose; they offer everything, which is only longer.
  if (wanted.length > 0 && 'setCodecPreferences' in transceiver) transceiver.setCodecPreferences(wanted);
  return transceiver;
}
