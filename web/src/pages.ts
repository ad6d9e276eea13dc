// The pages of the client, one record each: the address, what the page is called, and the program that shows it. The
// program is fetched when somebody goes there and not before: a guest who joins a meeting downloads neither the register
// nor the administration. Routes, links and what is rendered come from this table, and its types hold the places in an
// address and what the component is given together.

import type { FunctionComponent } from 'preact';
import type { PlainKey } from './text/text.ts';

/** What a part of an address can stand for; `route.ts` knows how each is spelt. */
export type Place = 'code' | 'space' | 'conferenceRecord' | 'recording' | 'project' | 'call';

type PlaceIn<Path extends string> = Path extends `${string}{${infer Name extends Place}}${infer Rest}`
  ? Name | PlaceIn<Rest>
  : never;

/** What an address says: `{ space: string }` for `/spaces/{space}`. */
export type Places<Path extends string> = { [Name in PlaceIn<Path>]: string };

export interface PageRecord<Path extends string> {
  path: Path;
  /** Of the browser's tab until the page says more, and the heading of those that say no more. */
  title: PlainKey;
  load(): Promise<FunctionComponent<Places<Path>>>;
}

function page<const Path extends string>(
  path: Path,
  title: PlainKey,
  load: PageRecord<Path>['load'],
): PageRecord<Path> {
  return { path, title, load };
}

export const PAGES = {
  home: page('/', 'app.name', async () => (await import('./ui/home.tsx')).Home),
  meeting: page('/{code}', 'app.name', async () => (await import('./ui/meetingPage.tsx')).MeetingPage),
  signIn: page('/sign-in', 'signIn.form.title', async () => (await import('./ui/signIn.tsx')).SignIn),
  password: page('/password', 'account.password', async () => (await import('./ui/password.tsx')).PasswordPage),
  check: page('/check', 'check.title', async () => (await import('./ui/check/check.tsx')).CheckPage),
  consent: page('/consent', 'consent.title', async () => (await import('./ui/consent/consent.tsx')).ConsentPage),
  spaces: page('/spaces', 'spaces.title', async () => (await import('./ui/spaces/spaces.tsx')).SpacesPage),
  space: page('/spaces/{space}', 'space.title', async () => (await import('./ui/spaces/space.tsx')).SpacePage),
  pastMeetings: page(
    '/meetings',
    'past.title',
    async () => (await import('./ui/register/pastMeetings.tsx')).PastMeetingsPage,
  ),
  attendance: page(
    '/meetings/{conferenceRecord}',
    'attendance.title',
    async () => (await import('./ui/register/attendance.tsx')).AttendancePage,
  ),
  recording: page(
    '/meetings/{conferenceRecord}/recordings/{recording}',
    'recordings.single',
    async () => (await import('./ui/recordings/recordingPage.tsx')).RecordingPage,
  ),
  calls: page('/calls', 'calls.title', async () => (await import('./ui/calls/calls.tsx')).CallsPage),
  projectCalls: page(
    '/calls/{project}',
    'calls.title',
    async () => (await import('./ui/calls/calls.tsx')).ProjectCallsPage,
  ),
  call: page('/calls/{project}/{call}', 'call.title', async () => (await import('./ui/calls/call.tsx')).CallPage),
  people: page(
    '/administration',
    'people.title',
    async () => (await import('./ui/administration/people.tsx')).PeoplePage,
  ),
  apps: page(
    '/administration/apps',
    'apps.title',
    async () => (await import('./ui/administration/apps.tsx')).AppsPage,
  ),
  daemons: page(
    '/administration/daemons',
    'daemons.title',
    async () => (await import('./ui/administration/daemons.tsx')).DaemonsPage,
  ),
  serviceAccounts: page(
    '/administration/service-accounts',
    'accounts.title',
    async () => (await import('./ui/administration/serviceAccounts.tsx')).ServiceAccountsPage,
  ),
  grants: page(
    '/administration/grants',
    'grants.title',
    async () => (await import('./ui/administration/grants.tsx')).GrantsPage,
  ),
  domains: page(
    '/administration/domains',
    'domains.title',
    async () => (await import('./ui/administration/domains.tsx')).DomainsPage,
  ),
  projects: page(
    '/administration/projects',
    'projects.title',
    async () => (await import('./ui/administration/projects.tsx')).ProjectsPage,
  ),
  audit: page(
    '/administration/audit',
    'audit.title',
    async () => (await import('./ui/administration/audit.tsx')).AuditPage,
  ),
};

export type PageName = keyof typeof PAGES;

/** The way to a page: its name, and the places in its address. */
export type PageRoute = { [Name in PageName]: { page: Name } & Places<(typeof PAGES)[Name]['path']> }[PageName];
