// Clients that are not our own, in a page: a bare RTCPeerConnection that does the join by itself. Everything here runs
// in the browser.

/** Installed in a page once; gives `globalThis.raw`. */
export function installRaw() {
  const join = async (space, connection, displayName, port) => {
    await connection.setLocalDescription();
    const body = JSON.stringify({ offer: connection.localDescription.sdp, displayName });
    const answer = await fetch(`/sederunt/v1/${space}:join`, { method: 'POST', body });
    const seat = await answer.json();
    if (!answer.ok) throw new Error(JSON.stringify(seat));
    const sdp = port ? seat.answer.replace(/^(a=candidate:.+) \d+ typ host/gm, `$1 ${port} typ host`) : seat.answer;
    await connection.setRemoteDescription({ type: 'answer', sdp });
    return seat;
  };

  const channels = (connection) => {
    const labels = ['session-control', 'media-stats', 'video-assignment', 'media-entries', 'participants'];
    return Object.fromEntries(labels.map((label) => [label, connection.createDataChannel(label)]));
  };

  /** Sends one camera in one codec, and as this encoding says: where the server says, or to another port. */
  const send = async (space, mimeType, displayName, encoding = {}, port = null) => {
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    channels(connection);
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    const line = connection.addTransceiver(stream.getVideoTracks()[0], { direction: 'sendonly', sendEncodings: [encoding] });
    const codecs = RTCRtpSender.getCapabilities('video').codecs.filter((codec) =>
      codec.mimeType.toLowerCase() === mimeType.toLowerCase() && !/profile-id=[123]|profile=1/.test(codec.sdpFmtpLine ?? ''));
    if (codecs.length === 0) throw new Error(`this browser cannot send ${mimeType}`);
    line.setCodecPreferences(codecs);
    const sent = async () => {
      const stats = [...(await line.sender.getStats()).values()];
      return stats.find(({ type }) => type === 'outbound-rtp')?.framesSent ?? 0;
    };
    return { connection, sent, seat: await join(space, connection, displayName, port) };
  };

  /** Receives three voices and one picture of the server's choice. */
  const receive = async (space, displayName) => {
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    for (let line = 0; line < 3; line++) connection.addTransceiver('audio', { direction: 'recvonly' });
    const channel = channels(connection);
    const { receiver } = connection.addTransceiver('video', { direction: 'recvonly' });
    const video = Object.assign(document.createElement('video'), { muted: true, autoplay: true, playsInline: true });
    video.srcObject = new MediaStream([receiver.track]);
    document.body.append(video);
    const messages = [];
    channel['video-assignment'].onmessage = ({ data }) => messages.push(JSON.parse(data));
    const opened = new Promise((resolve) => (channel['video-assignment'].onopen = resolve));
    const seat = await join(space, connection, displayName);
    await opened;
    const layoutModel = { label: '1', canvases: [{ id: 1, dimensions: { width: 640, height: 360 }, relevant: {} }] };
    channel['video-assignment'].send(JSON.stringify({ request: { requestId: 1, setAssignment: { layoutModel } } }));
    const decoded = async () => {
      const stats = await receiver.getStats();
      const inbound = [...stats.values()].find(({ type }) => type === 'inbound-rtp');
      return {
        frames: inbound?.framesDecoded ?? 0,
        received: inbound?.framesReceived ?? 0,
        packets: inbound?.packetsReceived ?? 0,
        lost: inbound?.packetsLost ?? 0,
        keyframesAsked: inbound?.pliCount ?? 0,
        height: inbound?.frameHeight,
        codec: stats.get(inbound?.codecId)?.mimeType,
        ssrc: inbound?.ssrc,
        sources: receiver.getContributingSources().map(({ source }) => source),
      };
    };
    return { connection, seat, messages, decoded };
  };

  globalThis.raw = { send, receive, made: {} };
}
