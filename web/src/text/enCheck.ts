// English text of the check before a meeting.

export const enCheck = {
  'check.lead':
    'Find out before a meeting what others will see and hear of you, and how your network gets to this server. You are in no meeting, and nothing of it is kept.',
  'check.start': 'Start the check',
  'check.again': 'Check again',
  'check.rows': 'What was found',

  'check.grade.good': 'Good',
  'check.grade.poor': 'Weak',
  'check.grade.bad': 'Failed',
  'check.grade.yours': 'Your turn',
  'check.grade.looking': 'Looking…',

  'check.verdict.looking': 'Looking at your network. This takes some seconds.',
  'check.verdict.good': 'Your network carries meetings.',
  'check.verdict.poor': 'Your network carries meetings, with some trouble: see below.',
  'check.verdict.bad': 'Meetings will not work from here as it is: see below.',

  'check.browser': 'Browser',
  'check.browser.good': 'This browser can hold meetings.',
  'check.browser.bad':
    'This browser makes no connection for sound and pictures (WebRTC). Perhaps it is too old, or a setting or an extension forbids it; try another browser.',
  'check.browser.insecure':
    'This page is not secure, and browsers give cameras and microphones to secure pages alone. Open it by https://.',

  'check.camera.good': 'This is what the others will see.',
  'check.camera.off': 'Your camera is off.',
  'check.camera.starting': 'Your browser may ask whether this page may use the camera and the microphone.',
  'check.microphone.good': 'You are heard.',
  'check.microphone.speak': 'Say something: the bars should move.',
  'check.microphone.off': 'Your microphone is off.',
  'check.speaker.play': 'Play a sound',
  'check.speaker.playing': 'Playing…',
  'check.speaker.press': 'Press the button, and listen.',
  'check.speaker.heard': 'Did you hear two notes?',
  'check.speaker.yes': 'Yes',
  'check.speaker.no': 'No',
  'check.speaker.good': 'You will hear the others.',
  'check.speaker.bad':
    'Turn the volume up, check whether the sound goes to another device, and choose another speaker here if there is a choice.',
  'check.speaker.refused': 'The browser did not play the sound. Check whether it may play sound on this page.',

  'check.udp': 'Direct way (UDP)',
  'check.udp.good': 'Sound and pictures go by the best way, to {ends}.',
  'check.udp.bad':
    'Nothing comes through by UDP. A firewall in your network, or at the server, stops it. Whoever runs it can open UDP to {ends}.',
  'check.udp.loopback':
    'Firefox does not connect by 127.0.0.1, and the server found no other way to this computer. Connect the computer to a network and start the server again, or use another browser here.',
  'check.udp.absent': 'This server takes no datagrams.',
  'check.tcp': 'Way round firewalls (TCP)',
  'check.tcp.good': 'Open, to {ends}: it is taken where UDP does not get through.',
  'check.tcp.poor':
    'Open, to {ends}. Sound and pictures go this way, and wait for each other when the network loses something.',
  'check.tcp.unneeded': 'Nothing comes through by TCP to {ends}. While UDP does, meetings do not need it.',
  'check.tcp.bad': 'Nothing comes through by TCP either. Try another network, or have TCP to {ends} opened.',
  'check.tcp.absent': 'This server takes no connections for sound and pictures.',
  'check.relay': 'Way by a relay',
  'check.relay.good': 'Open, by {ends}: it is taken where neither UDP nor TCP gets through.',
  'check.relay.poor': 'Open, by {ends}. Sound and pictures go this way, which is the slowest of all.',
  'check.relay.unneeded': 'Nothing comes through by the relay at {ends}. While another way is open, meetings do not need it.',
  'check.relay.bad': 'Nothing comes through by the relay at {ends} either. Try another network.',
  'check.failed': 'The server could not be asked: {reason}',

  'check.roundTrip': 'Round trip',
  'check.roundTrip.good': '{roundTrip} ms there and back, and the slowest {jitter} ms more.',
  'check.roundTrip.poor':
    '{roundTrip} ms there and back, and the slowest {jitter} ms more: people may talk over each other. Use a cable, go nearer to the access point, or end what else keeps the network or this computer busy.',
  'check.loss': 'Loss',
  'check.loss.good': '{loss} % was lost on the way there and back.',
  'check.loss.poor':
    '{loss} % was lost on the way there and back: pictures may stand still at times. Use a cable, or go nearer to the access point.',
  'check.loss.bad':
    '{loss} % was lost on the way there and back: sound will break off. Use a cable or another network.',
  'check.measured.none': 'Nothing came back that could be measured.',
} as const;
