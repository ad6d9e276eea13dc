// What the server switches without touching it. Leaving out the rest makes the offer a third of the size.

const VIDEO_CODECS = /^video\/(VP8|VP9|H264|AV1|rtx)$/i;

/** The codecs to offer, in the browser's order. */
export function switchableCodecs(kind: 'audio' | 'video', offered: readonly RTCRtpCodec[]): RTCRtpCodec[] {
  return offered.filter(({ mimeType, sdpFmtpLine = '' }) => {
    if (kind === 'audio') return /\/opus$/i.test(mimeType);
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
