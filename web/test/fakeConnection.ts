// An RTCPeerConnection that connects to nothing: it writes down what is made of it.

class FakeChannel extends EventTarget {
  readyState: RTCDataChannelState = 'connecting';
  readonly sent: string[] = [];
  constructor(readonly label: string) {
    super();
  }
  send(text: string) {
    this.sent.push(text);
  }
  open() {
    this.readyState = 'open';
    this.dispatchEvent(new Event('open'));
  }
  hear(data: unknown) {
    this.dispatchEvent(Object.assign(new Event('message'), { data }));
  }
}

class FakeSender {
  replaced = 0;
  /** Which encodings were active after each change, and how much smaller than the picture. */
  readonly thinned: string[] = [];
  constructor(
    public track: unknown,
    private readonly encodings: readonly RTCRtpEncodingParameters[],
  ) {}
  getParameters() {
    return { encodings: this.encodings.map((encoding) => ({ ...encoding })) };
  }
  async setParameters({ encodings }: { encodings: RTCRtpEncodingParameters[] }) {
    const active = encodings.filter(({ active }) => active);
    this.thinned.push(active.map(({ rid, scaleResolutionDownBy }) => `${rid}${scaleResolutionDownBy}`).join(' '));
  }
  async replaceTrack(track: unknown) {
    this.replaced += 1;
    this.track = track;
  }
}

export class FakeConnection extends EventTarget {
  /** The one that was made last. */
  static last: FakeConnection;
  iceConnectionState: RTCIceConnectionState = 'new';
  connectionState: RTCPeerConnectionState = 'new';
  closed = false;
  /** Each line and channel, in the order in which they were made. */
  readonly made: string[] = [];
  readonly channels = new Map<string, FakeChannel>();
  readonly senders: FakeSender[] = [];

  constructor() {
    super();
    FakeConnection.last = this;
  }
  addTransceiver(trackOrKind: string | object, { direction, sendEncodings = [] }: RTCRtpTransceiverInit) {
    const track = typeof trackOrKind === 'string' ? null : trackOrKind;
    const kind = track ? 'track' : trackOrKind;
    this.made.push([direction, kind, ...sendEncodings.map(({ maxBitrate }) => maxBitrate)].join(' '));
    const sender = new FakeSender(track, sendEncodings);
    if (direction === 'sendonly') this.senders.push(sender);
    return { mid: String(this.made.length), sender, receiver: { getContributingSources: () => [] } };
  }
  createDataChannel(label: string) {
    this.made.push(label);
    const channel = new FakeChannel(label);
    this.channels.set(label, channel);
    return channel;
  }
  async createOffer() {
    return { type: 'offer', sdp: 'our offer' };
  }
  async setLocalDescription() {}
  async setRemoteDescription() {}
  async getStats() {
    return new Map();
  }
  iceBecomes(state: RTCIceConnectionState) {
    this.iceConnectionState = state;
    this.dispatchEvent(new Event('iceconnectionstatechange'));
  }
  becomes(state: RTCPeerConnectionState) {
    this.connectionState = state;
    this.dispatchEvent(new Event('connectionstatechange'));
  }
  close() {
    this.closed = true;
  }
}

Object.assign(globalThis, {
  RTCPeerConnection: FakeConnection,
  RTCRtpReceiver: { getCapabilities: () => null },
});
