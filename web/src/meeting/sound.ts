// What is heard: one hidden audio element per receiving line, played by the chosen speaker. The elements outlive a connection:
// where a browser wants a touch before it plays anything, a touch is for an element, and nobody touches again after each loss.

import { effect, type ReadonlySignal, type Signal, signal } from '@preact/signals';

export interface Sound {
  /** The browser wants a touch before it plays anything. */
  blocked: ReadonlySignal<boolean>;
  /** Called by that touch. */
  unblock(): void;
  /** Whether this device is heard at all. */
  on: Signal<boolean>;
  /** Plays these lines instead of the ones before. */
  play(receivers: readonly RTCRtpReceiver[]): void;
  close(): void;
}

type Element = HTMLAudioElement & { setSinkId?(deviceId: string): Promise<void> };

/** `on` is off for a companion, whose person hears the meeting by another device in the same room. */
export function openSound(speaker: ReadonlySignal<string>, startsOn: boolean): Sound {
  const blocked: Signal<boolean> = signal(false);
  const on = signal(startsOn);
  let elements: Element[] = [];

  const start = (element: Element) =>
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') blocked.value = true;
    });
  const route = (element: Element, deviceId: string) => {
    // A speaker that went away: the default one plays.
    if (deviceId) element.setSinkId?.(deviceId).catch(() => undefined);
  };
  const open = () => {
    const element: Element = document.createElement('audio');
    element.autoplay = true;
    element.hidden = true;
    element.muted = !on.peek();
    document.body.append(element);
    route(element, speaker.peek());
    return element;
  };
  const stopRouting = effect(() => {
    const deviceId = speaker.value;
    for (const element of elements) route(element, deviceId);
  });
  const stopSilencing = effect(() => {
    const silent = !on.value;
    for (const element of elements) {
      element.muted = silent;
      if (!silent) void start(element);
    }
  });

  return {
    blocked,
    on,
    unblock() {
      blocked.value = false;
      for (const element of elements) void start(element);
    },
    play(receivers) {
      // Every connection has as many lines.
      elements = receivers.map(({ track }, line) => {
        const element = elements[line] ?? open();
        element.srcObject = new MediaStream([track]);
        void start(element);
        return element;
      });
    },
    close() {
      stopRouting();
      stopSilencing();
      for (const element of elements) {
        element.srcObject = null;
        element.remove();
      }
    },
  };
}
