// The web client. One page; the address says what is on it.

import { render } from 'preact';
import './ui/styles/tokens.css';
import './ui/styles/base.css';
import './ui/styles/pages.css';
import './ui/styles/account.css';
import './ui/styles/preJoin.css';
import './ui/styles/meeting.css';
import './ui/styles/panels.css';
import { askForAccount } from './ui/account.ts';
import { AdministrationPage } from './ui/administration/administration.tsx';
import { ConsentPage } from './ui/consent/consent.tsx';
import { Home } from './ui/home.tsx';
import { MeetingPage } from './ui/meetingPage.tsx';
import { route, startNavigation } from './ui/navigation.ts';
import { PasswordPage } from './ui/password.tsx';
import { AttendancePage } from './ui/register/attendance.tsx';
import { PastMeetingsPage } from './ui/register/pastMeetings.tsx';
import { SignIn } from './ui/signIn.tsx';
import { SpacePage } from './ui/spaces/space.tsx';
import { SpacesPage } from './ui/spaces/spaces.tsx';
import { Unknown } from './ui/unknown.tsx';

function App() {
  const current = route.value;
  switch (current.page) {
    case 'home':
      return <Home />;
    case 'signIn':
      return <SignIn />;
    case 'password':
      return <PasswordPage />;
    case 'consent':
      return <ConsentPage />;
    case 'spaces':
      return <SpacesPage />;
    case 'space':
      return <SpacePage key={current.space} name={current.space} />;
    case 'pastMeetings':
      return <PastMeetingsPage />;
    case 'attendance':
      return <AttendancePage key={current.conferenceRecord} name={current.conferenceRecord} />;
    case 'administration':
      return <AdministrationPage key={current.office} office={current.office} />;
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
