// The web client. One page; the address says what is on it.

import { render } from 'preact';
import './ui/styles/tokens.css';
import './ui/styles/base.css';
import './ui/styles/pages.css';
import './ui/styles/preJoin.css';
import './ui/styles/meeting.css';
import { askForAccount } from './ui/account.ts';
import { Home } from './ui/home.tsx';
import { MeetingPage } from './ui/meetingPage.tsx';
import { route, startNavigation } from './ui/navigation.ts';
import { SignIn } from './ui/signIn.tsx';
import { Unknown } from './ui/unknown.tsx';

function App() {
  const current = route.value;
  switch (current.page) {
    case 'home':
      return <Home />;
    case 'signIn':
      return <SignIn />;
    case 'meeting':
      return <MeetingPage key={current.code} code={current.code} />;
    case 'unknown':
      return <Unknown path={current.path} />;
  }
}

startNavigation();
if (route.value.page !== 'signIn') void askForAccount();
const place = document.getElementById('app');
if (place) render(<App />, place);
