// Our own icons: strokes on a grid of 24, in the colour of the text around them.

import type { ComponentChildren } from 'preact';

function icon(children: ComponentChildren) {
  return () => (
    <svg
      class="icon"
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="1.8"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      {children}
    </svg>
  );
}

export const Microphone = icon(
  <>
    <rect x="9" y="3" width="6" height="11" rx="3" />
    <path d="M5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />
  </>,
);

export const MicrophoneOff = icon(
  <>
    <path d="M15 9.5V6a3 3 0 0 0-5.7-1.3M9 9v2a3 3 0 0 0 4.6 2.5M5.5 11.5a6.5 6.5 0 0 0 10.4 5.2M18.5 11.5a6.4 6.4 0 0 1-.5 2.5M12 18v3" />
    <path d="M4 4l16 16" />
  </>,
);

export const Camera = icon(
  <>
    <rect x="3" y="6.5" width="12.5" height="11" rx="2.5" />
    <path d="M15.5 10.8l5-2.8v8l-5-2.8" />
  </>,
);

export const CameraOff = icon(
  <>
    <path d="M10.5 6.5H13a2.5 2.5 0 0 1 2.5 2.5v2.3l5-3.3v8M15.4 15.6a2.5 2.5 0 0 1-2.4 1.9H5.5A2.5 2.5 0 0 1 3 15V9a2.5 2.5 0 0 1 2-2.4" />
    <path d="M4 4l16 16" />
  </>,
);

export const Screen = icon(
  <>
    <rect x="3" y="4.5" width="18" height="12.5" rx="2.5" />
    <path d="M12 13.8V8M9.3 10.5L12 7.8l2.7 2.7M8.5 20.5h7" />
  </>,
);

export const ScreenOff = icon(
  <>
    <rect x="3" y="4.5" width="18" height="12.5" rx="2.5" />
    <path d="M9.8 8.5l4.4 4.4M14.2 8.5l-4.4 4.4M8.5 20.5h7" />
  </>,
);

export const Leave = icon(
  <path d="M3.3 14.2c-.6-1-.5-2.2.3-3C5.7 9.1 8.7 8 12 8s6.3 1.1 8.4 3.2c.8.8.9 2 .3 3l-.6 1a1.6 1.6 0 0 1-1.9.7l-2.3-.8a1.6 1.6 0 0 1-1.1-1.5v-1.5a10 10 0 0 0-5.6 0v1.5c0 .7-.4 1.3-1.1 1.5l-2.3.8a1.6 1.6 0 0 1-1.9-.7z" />,
);

export const People = icon(
  <>
    <circle cx="9" cy="8" r="3.5" />
    <path d="M2.5 19.5c.5-3.6 3-5.5 6.5-5.5s6 1.9 6.5 5.5M15.5 4.8a3.5 3.5 0 0 1 0 6.4M17.5 14.4c2.2.6 3.6 2.3 4 5.1" />
  </>,
);

export const Link = icon(
  <path d="M10 14a4 4 0 0 0 5.7 0l3.1-3.1a4 4 0 0 0-5.7-5.7l-1 1M14 10a4 4 0 0 0-5.7 0l-3.1 3.1a4 4 0 0 0 5.7 5.7l1-1" />,
);

export const Check = icon(<path d="M4.5 12.5l5 5 10-11" />);

export const Close = icon(<path d="M5.5 5.5l13 13M18.5 5.5l-13 13" />);

export const Settings = icon(
  <>
    <path d="M4 7.5h8M18 7.5h2M4 16.5h2M12 16.5h8" />
    <circle cx="15" cy="7.5" r="2.7" />
    <circle cx="9" cy="16.5" r="2.7" />
  </>,
);

export const Phone = icon(
  <path d="M6.5 3.5h2.3l1.7 4.3-2 1.6a11.5 11.5 0 0 0 6.1 6.1l1.6-2 4.3 1.7v2.3a2 2 0 0 1-2.2 2C10.9 18.9 5.1 13.1 4.5 5.7a2 2 0 0 1 2-2.2z" />,
);

export const Play = icon(<path d="M8 5.5v13l11-6.5z" fill="currentColor" />);

export const Pause = icon(<path d="M8.5 6v12M15.5 6v12" stroke-width="3" />);

export const Plus = icon(<path d="M12 5v14M5 12h14" />);

export const Speaker = icon(
  <>
    <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z" />
    <path d="M15.5 9a4.2 4.2 0 0 1 0 6M18 6.5a7.8 7.8 0 0 1 0 11" />
  </>,
);

export const SpeakerOff = icon(
  <>
    <path d="M4 9.5v5h3.5L12 18.5v-13L7.5 9.5z" />
    <path d="M16 9.5l5 5M21 9.5l-5 5" />
  </>,
);

export const Chat = icon(
  <path d="M5.5 4.5h13a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H11l-4.5 4v-4h-1a2 2 0 0 1-2-2v-8a2 2 0 0 1 2-2zM8 9h8M8 12.2h5" />,
);

export const Send = icon(<path d="M4.5 12L4 4.5 20.5 12 4 19.5zM4.5 12h8" />);

export const Smile = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <path d="M8.3 14a4.4 4.4 0 0 0 7.4 0M9 9.6v.1M15 9.6v.1" />
  </>,
);

export const Hand = icon(
  <path d="M8 12.5V6a1.5 1.5 0 0 1 3 0v5M11 11V4.5a1.5 1.5 0 0 1 3 0V11M14 11V6a1.5 1.5 0 0 1 3 0v8.5c0 3.6-2 6-5.5 6-2.8 0-4.2-1.3-5.5-3.6l-2-3.5a1.45 1.45 0 0 1 2.4-1.6L8 13.8" />,
);

export const Shield = icon(<path d="M12 3.5l7 2.5v5.5c0 4.3-2.8 7.4-7 9-4.2-1.6-7-4.7-7-9V6zM9 12l2.2 2.2L15.2 10" />);

export const More = icon(
  <g fill="currentColor" stroke="none">
    <circle cx="5.5" cy="12" r="1.7" />
    <circle cx="12" cy="12" r="1.7" />
    <circle cx="18.5" cy="12" r="1.7" />
  </g>,
);

export const Account = icon(
  <>
    <circle cx="12" cy="12" r="8.8" />
    <circle cx="12" cy="9.8" r="3" />
    <path d="M6.4 18.6c.9-2.5 3-3.8 5.6-3.8s4.7 1.3 5.6 3.8" />
  </>,
);

export const Record = icon(
  <>
    <circle cx="12" cy="12" r="8.5" />
    <circle cx="12" cy="12" r="3.5" fill="currentColor" />
  </>,
);
