// What is heard: one hidden audio element per receiving line, played by the chosen speaker.

import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';

export interface Sound {
  /** The browser wants a touch before it plays anything. */
  blocked: ReadonlySignal<boolean>;
  /** Called by that touch. */
  unblock(): void;
  /** Plays these lines instead of the ones before. */
  play(receivers: readonly RTCRtpReceiver[]): void;
  close(): void;
}

type Element = HTMLAudioElement & { setSinkId?(deviceId: string): Promise<void> };

export function openSound(speaker: ReadonlySignal<string>): Sound {
  const blocked: Signal<boolean> = signal(false);
  let elements: Element[] = [];

  const start = (element: Element) =>
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') blocked.value = true;
    });
  const route = (element: Element, deviceId: string) => {
    // A speaker that went away: the default one plays.
    if (deviceId) element.setSinkId?.(deviceId).catch(() => undefined);
  };
  const clear = () => {
    for (const element of elements) {
      element.srcObject = null;
      element.remove();
    }
    elements = [];
  };
  const stopRouting = effect(() => {
    const deviceId = speaker.value;
    for (const element of elements) route(element, deviceId);
  });

  return {
    blocked,
    unblock() {
      blocked.value = false;
      for (const element of elements) void start(element);
    },
    play(receivers) {
      clear();
      elements = receivers.map((receiver) => {
        const element: Element = document.createElement('audio');
        element.autoplay = true;
        element.hidden = true;
        element.srcObject = new MediaStream([receiver.track]);
        document.body.append(element);
        route(element, speaker.peek());
        void start(element);
        return element;
      });
    },
    close() {
      stopRouting();
      clear();
    },
  };
}
