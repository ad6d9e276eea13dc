// The messages of the API as JSON. Generated from `proto/` by `cargo xtask generate`, and not to be edited.

/** The conference that runs in a space now. */
export interface ActiveConference {
  /** `conferenceRecords/{conference_record}`. */
  conferenceRecord?: string;
}

/** Names somebody at the door. */
export interface AdmitRequest {
  /** The id of the knock's session, as the `moderation` channel shows it. */
  session: string;
}

/** Answers whether somebody agrees to be recorded. */
export interface AnswerRecordingRequest {
  /** A session of whoever answers. */
  participantSession: string;
  /** Of that session. */
  resumeSecret: string;
  /** They agree. */
  agrees?: boolean;
}

/** A program that asks people for consent. */
export interface App {
  /** `apps/{client_id}`. */
  name: string;
  /** What the consent page calls it. */
  displayName: string;
  /** Web or installed. */
  kind: AppKind;
  /** Where people may be sent back to. */
  redirectUris?: string[];
  /** When it was registered. */
  createTime?: string;
}

/** How an app keeps its secret. */
export type AppKind =
  /** Runs on a server, and can keep one. */
  | 'WEB'
  /** Runs on people's machines, and cannot: it must use PKCE, and may be sent to any port of the loopback address. */
  | 'INSTALLED';

/** A page of those who were there. */
export interface Attendance {
  /** Newest first. */
  attendees?: Attendee[];
  /** For the next page; empty on the last. */
  nextPageToken?: string;
}

/** A person in a conference. */
export interface Attendee {
  /** `conferenceRecords/{conference_record}/participants/{participant}`. */
  participant: string;
  /** The name under which others saw them last. */
  displayName?: string;
  /** `users/{user}`; empty for somebody who was not signed in. */
  user?: string;
  /** What they last were. */
  role?: Role;
  /** Whether a host put them out. */
  removed?: boolean;
  /** When they first entered. */
  earliestStartTime?: string;
  /** When they last left; not set while they are there. */
  latestEndTime?: string;
  /** Each join of each device, newest first. */
  sessions?: AttendeeSession[];
  /** Whether they telephoned: the name is their number then, partly masked. */
  byPhone?: boolean;
}

/** One join of one device. */
export interface AttendeeSession {
  /** `conferenceRecords/{conference_record}/participants/{participant}/participantSessions/{participant_session}`. */
  participantSession: string;
  /** With what. */
  device?: Device;
  /** When it was let in. */
  startTime: string;
  /** When it ended; not set while it runs. */
  endTime?: string;
  /** Whether a program came as the participant, by a credential that was made for it. */
  byProgram?: boolean;
  /** The telephone call by which they were in it, `projects/{project}/calls/{call}`; empty of another device. */
  call?: string;
}

/** One line of the audit log. */
export interface AuditEvent {
  /** `auditEvents/{event}`. */
  name: string;
  /** When. */
  time: string;
  /** Who: `users/{user}`, `serviceAccounts/{client_id}`, `daemons/{client_id}`, `commandLine`, `server` by a rule, or `nobody` who gave a credential. */
  actor: string;
  /** The address of the actor's account, as long as there is one. */
  actorEmail?: string;
  /** `apps/{client_id}`, the program that acted for the actor. */
  app?: string;
  /** What, such as `key.create`. */
  action: string;
  /** Whom or what it was done to: a resource name. */
  subject?: string;
  /** The address of the subject's account, as long as there is one. */
  subjectEmail?: string;
  /** More about it, such as scopes or why it was refused. */
  detail?: string;
  /** From which network address; for IPv6 the network of 64 bits. */
  clientAddress?: string;
  /** Whether it was refused. */
  refused?: boolean;
  /** How many alike the line stands for: refusals of one minute beyond the first few. */
  times?: string;
}

/** One leg. */
export interface Call {
  /** `projects/{project}/calls/{call}`. */
  name?: string;
  /** Who is called: a number in E.164, or a SIP address. */
  to: string;
  /** Who calls; unset if they withheld it. */
  from: string;
  /** The caller withheld who they are. */
  isPrivate?: boolean;
  /** What documents wrote down. */
  labels?: Record<string, string>;
  /** By what it goes. */
  transport?: CallTransport;
  /** Who called. */
  direction?: CallDirection;
  /** Why it failed, for programs. */
  errorCode?: string;
  /** Why it failed, for people. */
  errorMessage?: string;
  /** What it cost. */
  price?: Money;
  /** How far it is. */
  state?: CallState;
  /** When it was known of. */
  createTime?: string;
  /** When it began. */
  startTime?: string;
  /** When the other side rang. */
  ringTime?: string;
  /** When it was answered. */
  answerTime?: string;
  /** When it ended. */
  endTime?: string;
  /** Whether it was ever connected with another. */
  bridged?: boolean;
  /** The call out of which it was made. */
  originatingCall?: string;
  /** How it came about. */
  createMethod?: CallCreateMethod;
  /** What is done with it, where a program makes it. */
  options?: CallApiCallOptions;
  /** Where `from` is at home. */
  fromLocation?: NumberLocation;
  /** The zone of `from`. */
  fromZone?: string;
  /** The `Call-ID` of SIP. */
  sipCallId?: string;
  /** From its answer to its end. */
  answerDuration?: string;
}

/** What is done with a call that a program makes. */
export interface CallApiCallOptions {
  /** Who is asked what to do when it is answered, the first first: one to five. */
  handlerUris: string[];
  /** Who is told of each change of its state. */
  stateUpdateUri?: string;
  /** How long it may ring: 30 by default, 600 at most. */
  timeoutSeconds?: number;
  /** What is recorded of it. */
  recording?: CallRecordingConfig;
}

/** How it came about. */
export type CallCreateMethod =
  /** Somebody called. */
  | 'INCOMING_CALL'
  /** Another call made it. */
  | 'PARENT_CALL'
  /** A program made it. */
  | 'API';

/** Who called. */
export type CallDirection =
  /** We did. */
  | 'OUTGOING'
  /** Somebody called us. */
  | 'INCOMING';

/** A call that was in a meeting. */
export interface CallMeeting {
  /** `projects/{project}/calls/{call}`. */
  call: string;
  /** `conferenceRecords/{conference_record}/participants/{participant}/participantSessions/{participant_session}`. */
  participantSession: string;
}

/** What is recorded of a call, and who is told of it. */
export interface CallRecordingConfig {
  /** When it begins. */
  trigger?: CallRecordingConfigCallRecordingTrigger;
  /** What is done to it. */
  postProcessing?: PostProcessing[];
  /** Where its end is told. */
  recordingReadyUri?: string;
  /** Whether it is written down. */
  transcribe?: TranscribeOption;
  /** Where the end of that is told. */
  transcriptionReadyUri?: string;
}

/** When recording begins. */
export type CallRecordingConfigCallRecordingTrigger =
  /** Never. */
  | 'DISABLED'
  /** When the call is answered. */
  | 'ANSWER'
  /** When the call is connected to another. */
  | 'BRIDGE';

/** How far a call is. */
export type CallState =
  /** It is to be made. */
  | 'QUEUED'
  /** It has begun. */
  | 'STARTING'
  /** The other side rings. */
  | 'RINGING'
  /** It is up. */
  | 'IN_PROGRESS'
  /** It was up, and is over. */
  | 'COMPLETED'
  /** It could not be made. */
  | 'FAILED'
  /** Nobody answered in time. */
  | 'NOT_ANSWERED'
  /** The other side was busy. */
  | 'BUSY'
  /** It was refused. */
  | 'REJECTED';

/** By what it goes. */
export type CallTransport =
  /** The telephone network. */
  | 'PSTN'
  /** A browser. */
  | 'CLIENT'
  /** SIP. */
  | 'SIP';

/** Asks for a check of the network. */
export interface CheckNetworkRequest {
  /** SDP with one section, which is for data channels. */
  offer: string;
}

/** One may connect. */
export interface CheckNetworkResponse {
  /** SDP, with all candidates. */
  answer: string;
  /** Relays, for whoever wants to know whether one lets them by: those of this server; others only for whoever has an account. */
  iceServers?: IceServer[];
}

/** What the register keeps of one conference. */
export interface ConferenceRecord {
  /** `conferenceRecords/{conference_record}`. */
  name: string;
  /** The first join. */
  startTime?: string;
  /** The last leave; unset while the conference runs. */
  endTime?: string;
  /** When the record and what belongs to it are deleted; provisional while the conference runs. */
  expireTime?: string;
  /** `spaces/{space}`. */
  space?: string;
}

/** Asks to register an app. */
export interface CreateAppRequest {
  /** What the consent page calls it. */
  displayName: string;
  /** Web or installed. */
  kind: AppKind;
  /** Where people may be sent back to. */
  redirectUris?: string[];
}

/** An app and its secret. */
export interface CreateAppResponse {
  /** The app. */
  app: App;
  /** Shown this once. */
  clientSecret?: string;
  /** JSON in the form of Google's `client_secret.json`, with our addresses: what client libraries read. */
  clientFile?: string;
}

/** Asks for a secret, or brings a certificate. */
export interface CreateDaemonCredentialRequest {
  /** A certificate in PEM, of an RSA key. */
  certificate?: string;
  /** For how many days a secret is valid; 0: until it is removed. */
  days?: number;
}

/** A secret or a certificate, and what client libraries need to sign in with it. */
export interface CreateDaemonCredentialResponse {
  /** The secret or the certificate. */
  credential: DaemonCredential;
  /** The secret; shown this once. */
  clientSecret?: string;
  /** What Microsoft's client libraries read from the environment: one line for each variable. */
  environment: string;
}

/** Asks to make an application with roles. */
export interface CreateDaemonRequest {
  /** What administrators call it. */
  displayName: string;
  /** What it may do. */
  roles?: string[];
}

/** Asks to add a domain. */
export interface CreateDomainRequest {
  /** `example.org`. */
  domain: string;
  /** If empty, the domain itself names it. */
  organisation?: string;
}

/** Asks to grant. */
export interface CreateGrantRequest {
  /** Of a service account: 21 digits. */
  clientId: string;
  /** Full names, or their last parts. */
  scopes: string[];
}

/** Asks to make a project. */
export interface CreateProjectRequest {
  /** Its id: lower-case letters, digits and dashes. */
  projectId: string;
  /** What people call it; the id if empty. */
  displayName?: string;
}

/** A key with its private half. */
export interface CreateServiceAccountKeyResponse {
  /** The key. */
  key: ServiceAccountKey;
  /** JSON in the form of Google's key files; shown this once. */
  keyFile: string;
}

/** Asks to make a service account. */
export interface CreateServiceAccountRequest {
  /** Begins its address: lower-case letters, digits and hyphens. */
  accountId: string;
}

/** Asks to make an account. */
export interface CreateUserRequest {
  /** In any case. */
  email: string;
  /** If empty, the part of the address before the `@`. */
  displayName?: string;
  /** Runs this installation. */
  administrator?: boolean;
}

/** A program that acts for nobody, by roles of its own. */
export interface Daemon {
  /** `daemons/{client_id}`. */
  name: string;
  /** What administrators call it. */
  displayName: string;
  /** What it may do, under the names of Graph's contract: `CallRecords.Read.All`. */
  roles?: string[];
  /** When it was made. */
  createTime?: string;
}

/** A secret or a certificate, as far as it may be told. */
export interface DaemonCredential {
  /** `daemons/{client_id}/credentials/{id}`. */
  name: string;
  /** Secret or certificate. */
  kind: DaemonCredentialKind;
  /** When it was made, or given to us. */
  createTime?: string;
  /** From then on it signs nobody in; unset: until it is removed. */
  expireTime?: string;
}

/** What an application with roles signs in with. */
export type DaemonCredentialKind =
  /** Some random characters. */
  | 'SECRET'
  /** A certificate, whose key the program keeps to itself. */
  | 'CERTIFICATE';

/** Names somebody at the door. */
export interface DenyRequest {
  /** The id of the knock's session, as the `moderation` channel shows it. */
  session: string;
}

/** With what somebody is in a meeting. */
export type Device =
  /** Microphone, camera and everything else. */
  | 'FULL'
  /** A second device of a signed-in person, beside one that has the microphone: it shows, chats and reacts. */
  | 'COMPANION'
  /** Receives only. */
  | 'VIEWER';

/** How one comes into a meeting from a telephone. */
export interface DialIn {
  /** What is called. */
  numbers?: DialInNumber[];
  /** Digits to key in. */
  pin: string;
  /** What a room system calls, and is in the meeting; empty where none can. */
  sipUri?: string;
}

/** A number to call. */
export interface DialInNumber {
  /** In E.164. */
  phoneNumber: string;
  /** The country that it is of, by ISO 3166; empty if that is not said. */
  regionCode?: string;
  /** The language that is spoken there, by BCP 47; empty if that is not said. */
  languageCode?: string;
}

/** Calls somebody into a meeting. */
export interface DialOutRequest {
  /** `projects/{project}`, whose call it is. */
  project: string;
  /** Who is called, in E.164, or an address of SIP. */
  phoneNumber: string;
}

/** A call that is made. */
export interface DialOutResponse {
  /** `projects/{project}/calls/{call}`, by which `enfonica.voice.v1beta1.Calls` says what becomes of it. */
  call: string;
}

/** A domain of mail in an organisation. */
export interface Domain {
  /** `domains/{domain}`. */
  name: string;
  /** People of one organisation trust each other. */
  organisation: string;
  /** Whoever has met people of the organisation in a meeting may look up their e-mail addresses. */
  sharesEmail?: boolean;
  /** Whoever is in a meeting of the organisation that is recorded is asked, and nothing is kept of them until they have agreed. */
  asksToRecord?: boolean;
}

/** A service account may act as any user (domain-wide delegation). */
export interface Grant {
  /** `grants/{client_id}`. */
  name: string;
  /** Of the service account. */
  clientId: string;
  /** Full names. */
  scopes?: string[];
}

/** A relay, as WebRTC takes it. */
export interface IceServer {
  /** Where it is (RFC 7065). */
  urls: string[];
  /** The name to give it. */
  username: string;
  /** The password. */
  credential: string;
}

/** A sign-in link. */
export interface Invitation {
  /** To be opened by that person; shown this once. */
  link: string;
  /** Until when it works. */
  expireTime: string;
}

/** Asks to join. */
export interface JoinRequest {
  /** SDP. */
  offer: string;
  /** Needed without an account; with one, the account's name is shown. */
  displayName?: string;
  /** Of an earlier session: makes an anonymous person the same participant again. */
  resumeSecret?: string;
  /** With what. */
  device?: Device;
}

/** One may connect, to be in the meeting or to wait at its door. */
export interface JoinResponse {
  /** SDP, with all candidates. */
  answer: string;
  /** `spaces/{space}`, always by id. */
  space: string;
  /** `conferenceRecords/{conference_record}`. */
  conferenceRecord: string;
  /** `conferenceRecords/{conference_record}/participants/{participant}`. */
  participant: string;
  /** `conferenceRecords/{conference_record}/participants/{participant}/participantSessions/{participant_session}`. */
  participantSession: string;
  /** Known to this client alone; proves that it is this participant until the conference ends. */
  resumeSecret: string;
  /** As things stand, one will wait to be let in; what counts is decided when the transport is up. */
  waiting?: boolean;
  /** Relays for whoever comes back from another network. */
  iceServers?: IceServer[];
}

/** By degrees. */
export interface LatLng {
  /** -90 to 90. */
  latitude?: number;
  /** -180 to 180. */
  longitude?: number;
}

/** Asks to leave. */
export interface LeaveRequest {
  /** The session to end. */
  participantSession: string;
  /** Of that session. */
  resumeSecret: string;
}

/** Apps. */
export interface ListAppsResponse {
  /** By client id. */
  apps?: App[];
  /** Empty on the last page. */
  nextPageToken?: string;
}

/** Asks for lines of the audit log. */
export interface ListAuditEventsRequest {
  /** 100 if unset; 250 at most. */
  pageSize?: number;
  /** From the answer before. */
  pageToken?: string;
  /** Of this actor; or the address of an account. */
  actor?: string;
  /** About this subject; or the address of an account. */
  subject?: string;
  /** Of this action, or of all whose names begin so: `key.`. */
  action?: string;
  /** From this time on. */
  startTime?: string;
  /** Before this time. */
  endTime?: string;
}

/** Lines of the audit log. */
export interface ListAuditEventsResponse {
  /** Newest first. */
  auditEvents?: AuditEvent[];
  /** Empty on the last page. */
  nextPageToken?: string;
}

/** Which of them were in meetings. */
export interface ListCallMeetingsResponse {
  /** Those of the calls that were. */
  callMeetings?: CallMeeting[];
}

/** A page of calls. */
export interface ListCallsResponse {
  /** The newest first. */
  calls?: Call[];
  /** Where the next page begins; empty on the last. */
  nextPageToken?: string;
}

/** All of them: an application has twenty at most. */
export interface ListDaemonCredentialsResponse {
  /** Newest first. */
  credentials?: DaemonCredential[];
}

/** Applications with roles. */
export interface ListDaemonsResponse {
  /** By client id. */
  daemons?: Daemon[];
  /** Empty on the last page. */
  nextPageToken?: string;
  /** The id of the tenant, by which Microsoft's client libraries name this installation. */
  tenant: string;
}

/** Domains. */
export interface ListDomainsResponse {
  /** By name. */
  domains?: Domain[];
  /** Empty on the last page. */
  nextPageToken?: string;
}

/** Grants. */
export interface ListGrantsResponse {
  /** By client id. */
  grants?: Grant[];
  /** Empty on the last page. */
  nextPageToken?: string;
}

/** A page. */
export interface ListMeetingRecordingsResponse {
  /** The first first. */
  recordings?: MeetingRecording[];
  /** For the next page; empty on the last. */
  nextPageToken?: string;
}

/** A page. */
export interface ListMeetingsResponse {
  /** Newest first. */
  meetings?: PastMeeting[];
  /** For the next page; empty on the last. */
  nextPageToken?: string;
}

/** A page of members. */
export interface ListMembersResponse {
  /** The page. */
  members?: Member[];
  /** Empty on the last page. */
  nextPageToken?: string;
}

/** The caller's projects. */
export interface ListMembershipsResponse {
  /** By name. */
  memberships?: Membership[];
  /** Whether this server answers telephones. */
  answersTelephones?: boolean;
}

/** The members of a project, a thousand at most. */
export interface ListProjectMembersResponse {
  /** By name. */
  members?: ProjectMember[];
}

/** Projects. */
export interface ListProjectsResponse {
  /** By id. */
  projects?: Project[];
  /** Empty on the last page. */
  nextPageToken?: string;
}

/** How much was recorded. */
export interface ListRecordingCountsResponse {
  /** Those of the calls that have recordings. */
  recordingCounts?: RecordingCount[];
}

/** A page of recordings. */
export interface ListRecordingsResponse {
  /** The newest first. */
  recordings?: Recording[];
  /** Where the next page begins; empty on the last. */
  nextPageToken?: string;
}

/** All keys: an account has ten at most. */
export interface ListServiceAccountKeysResponse {
  /** Newest last. */
  keys?: ServiceAccountKey[];
}

/** Service accounts. */
export interface ListServiceAccountsResponse {
  /** By client id. */
  serviceAccounts?: ServiceAccount[];
  /** Empty on the last page. */
  nextPageToken?: string;
}

/** A page. */
export interface ListSpacesResponse {
  /** Newest first. */
  spaces?: OwnSpace[];
  /** For the next page; empty on the last. */
  nextPageToken?: string;
}

/** Accounts. */
export interface ListUsersResponse {
  /** By address. */
  users?: UserAccount[];
  /** Empty on the last page. */
  nextPageToken?: string;
}

/** What the page before joining shows. */
export interface Meeting {
  /** `spaces/{space}`, always by id. */
  space: string;
  /** What people type. */
  meetingCode?: string;
  /** What people open. */
  meetingUri?: string;
  /** Whether a conference runs. */
  active?: boolean;
  /** How many are in it now. */
  participantCount?: number;
  /** How this caller would enter now. */
  entry?: MeetingEntry;
  /** What this caller would be, with a full device. */
  role?: Role;
  /** Whether this caller is in it now, with another device; somebody without an account is not known. */
  inside?: boolean;
  /** Whether somebody is in it now who may let others in. */
  hosted?: boolean;
  /** Whether it is being recorded. */
  recorded?: MeetingRecorded;
  /** How one comes in from a telephone; not set where none does. */
  dialIn?: DialIn;
  /** If it is, or will be: whoever comes is asked, and nothing of them is kept until they have agreed. */
  asksToRecord?: boolean;
  /** Relays for a client whose network lets it come by no other way, to be known before it makes its offer; none for whom the entry is REFUSED. */
  iceServers?: IceServer[];
}

/** How somebody enters. */
export type MeetingEntry =
  /** At once. */
  | 'WALK_IN'
  /** After a host has let them in. */
  | 'KNOCK'
  /** Not through this client: the space can be entered only through the app that made it, or the token is not for taking part. */
  | 'REFUSED';

/** What holds for meetings in spaces whose owner is of no organisation: for all, while there is no domain. */
export interface MeetingPolicy {
  /** Whoever is in a meeting that is recorded is asked, and nothing is kept of them until they have agreed. */
  asksToRecord?: boolean;
}

/** Whether whoever comes is recorded. */
export type MeetingRecorded =
  /** It goes on. */
  | 'RECORDING'
  /** A recording goes on that keeps nothing for now. */
  | 'PAUSED'
  /** It will begin by itself, when somebody is there who may record. */
  | 'BY_ITSELF';

/** A recording of a conference. */
export interface MeetingRecording {
  /** `conferenceRecords/{conference_record}/recordings/{recording}`. */
  name: string;
  /** How far it is. */
  state: MeetingRecordingState;
  /** When it began. */
  startTime: string;
  /** When it ended. */
  endTime?: string;
  /** Why it ended. */
  endReason?: MeetingRecordingEndReason;
  /** It keeps nothing for now. */
  paused?: boolean;
  /** `users/{user}` of whoever began it; empty if it began by itself. */
  starter?: string;
  /** Whether it is under a legal hold. */
  held?: boolean;
  /** When nothing was kept. */
  pauses?: MeetingRecordingPause[];
  /** How far its files are, in per cent, while they are being made. */
  progressPercent?: number;
  /** Its files, once they are made. */
  files?: MeetingRecordingFile[];
  /** A link to all files in one, a ZIP, as long as those of files are good. */
  archiveUri?: string;
  /** The page on which people play it. */
  playerUri?: string;
  /** Whether the caller may delete it. */
  deletable?: boolean;
  /** People were asked, and nothing was kept of whoever had not agreed. */
  asks?: boolean;
  /** What they said, each in order. */
  answers?: MeetingRecordingAnswer[];
  /** How far the one video of all is. */
  composition?: MeetingRecordingComposition;
  /** And in per cent, while it is being made. */
  composedPercent?: number;
  /** Whether the caller may have it made: they own the space, and the server has what it takes. */
  composable?: boolean;
}

/** What somebody has said to being recorded. */
export interface MeetingRecordingAnswer {
  /** `conferenceRecords/{conference_record}/participants/{participant}`. */
  participant: string;
  /** When; it held until the next of theirs, and no longer than they were there. */
  time: string;
  /** They agreed. */
  agrees?: boolean;
}

/** How far the one video of all is. */
export type MeetingRecordingComposition =
  /** Others are made first. */
  | 'WAITING'
  /** It is being made. */
  | 'BEING_MADE'
  /** It is among the files. */
  | 'MADE'
  /** It could not be made; it can be asked for again. */
  | 'NOT_MADE';

/** Why it ended. */
export type MeetingRecordingEndReason =
  /** Somebody stopped it. */
  | 'STOPPED'
  /** Its conference ended. */
  | 'CONFERENCE_ENDED'
  /** There was no room for more of it. */
  | 'DISK_FULL'
  /** Something went wrong. */
  | 'BROKEN_OFF'
  /** The server stopped; another recording of the conference begins when its people are back. */
  | 'SERVER_STOPPED'
  /** It was as long as one may be. */
  | 'TOO_LONG';

/** A file of a recording. */
export interface MeetingRecordingFile {
  /** Its name, in the recording and when it is saved. */
  fileName: string;
  /** As HTTP names it. */
  mediaType: string;
  /** How many bytes it has. */
  sizeBytes?: string;
  /** Its SHA-256, in hexadecimal. */
  sha256?: string;
  /** The id of the participant session that it is of; empty if it is everybody's. */
  session?: string;
  /** What of it. */
  source?: MeetingRecordingFileSource;
  /** When what is in it began. */
  startTime?: string;
  /** How long that is. */
  duration?: string;
  /** By which it can be fetched for an hour, whole or in ranges, without anything else. */
  uri?: string;
}

/** What of a session it is of. */
export type MeetingRecordingFileSource =
  /** The voice. */
  | 'MICROPHONE'
  /** The picture. */
  | 'CAMERA'
  /** What was shown. */
  | 'SCREEN';

/** A time of which nothing was kept. */
export interface MeetingRecordingPause {
  /** From then on. */
  startTime: string;
  /** Until then; not set while it is paused. */
  endTime?: string;
}

/** How far it is. */
export type MeetingRecordingState =
  /** It goes on. */
  | 'STARTED'
  /** It is over, and its files are being made. */
  | 'ENDED'
  /** Its files can be fetched. */
  | 'FILE_GENERATED'
  /** There are no files. */
  | 'FAILED';

/** A person who belongs to a space, in every conference of it. */
export interface Member {
  /** `spaces/{space}/members/{member}`. */
  name: string;
  /** The address that the person is known by; needed to create a member. */
  email?: string;
  /** What the member may do. */
  role?: MemberRole;
  /** `users/{user}`; instead of `email`, not beside it. */
  user?: string;
}

/** What a member may do. */
export type MemberRole =
  /** Manage the meeting. */
  | 'COHOST';

/** What the caller is in a project. */
export interface Membership {
  /** `projects/{project}`. */
  project: string;
  /** What people call it. */
  displayName: string;
  /** What the caller may do there, as `voice.recordings.delete`. */
  permissions?: string[];
}

/** What is locked. */
export interface ModerateRequest {
  /** Whether the restrictions hold at all. */
  moderation?: boolean;
  /** Who may send chat messages. */
  chatRestriction?: Restriction;
  /** Who may send reactions. */
  reactionRestriction?: Restriction;
  /** Who may share a screen. */
  presentRestriction?: Restriction;
}

/** What is locked now. */
export interface Moderation {
  /** Whether the restrictions hold at all. */
  moderation?: boolean;
  /** Who may send chat messages. */
  chatRestriction?: Restriction;
  /** Who may send reactions. */
  reactionRestriction?: Restriction;
  /** Who may share a screen. */
  presentRestriction?: Restriction;
}

/** An amount in one currency. */
export interface Money {
  /** The three letters of ISO 4217. */
  currencyCode?: string;
  /** Whole units. */
  units?: string;
  /** Billionths of a unit, of the same sign. */
  nanos?: number;
}

/** Says who is silenced. */
export interface MuteRequest {
  /** `participants/{participant}`, as the data channels have it. */
  participant?: string;
}

/** Where a number is at home. */
export interface NumberLocation {
  /** The region, as CLDR has it: `AU`. */
  regionCode?: string;
  /** The largest division of it. */
  administrativeArea?: string;
  /** The town. */
  locality?: string;
  /** Where that is. */
  coordinates?: LatLng;
}

/** A space of the caller's. */
export interface OwnSpace {
  /** `spaces/{space}`. */
  space: string;
  /** What people type; empty once it has lapsed. */
  meetingCode?: string;
  /** What people open; empty with the code. */
  meetingUri?: string;
  /** Who walks in. */
  accessType?: SpaceConfigAccessType;
  /** When it was made. */
  createTime?: string;
  /** When somebody last joined; the making of the space if nobody has. */
  lastUsedTime?: string;
  /** Whether a conference runs. */
  active?: boolean;
}

/** A conference in a list. */
export interface PastMeeting {
  /** `conferenceRecords/{conference_record}`. */
  conferenceRecord: string;
  /** `spaces/{space}`. */
  space: string;
  /** What people type; empty once it has lapsed. */
  meetingCode?: string;
  /** When the first person entered. */
  startTime: string;
  /** When the last one left; not set while it runs. */
  endTime?: string;
  /** When the record is deleted; not set if never. */
  expireTime?: string;
  /** How many people were in it. */
  participantCount?: number;
}

/** What becomes of the time of a pause. */
export type PauseMode =
  /** It is left out: what follows comes at once after what was before. */
  | 'SKIP'
  /** It is in the recording, and silent. */
  | 'SILENCE';

/** Asks for a pause. */
export interface PauseRecordingRequest {
  /** What becomes of its time. */
  mode?: PauseMode;
}

/** Something that is done to a recording before it is kept. */
export type PostProcessing =
  /** Silence goes at both ends. */
  | 'TRIM_SILENCE';

/** A project: whose telephone calls are. */
export interface Project {
  /** `projects/{project}`. */
  name: string;
  /** What people call it. */
  displayName: string;
  /** When it was made. */
  createTime?: string;
}

/** By what receivers check that something comes from a project. */
export interface ProjectKey {
  /** Its 64 bytes in base64. */
  signingKey: string;
}

/** Somebody in a project. */
export interface ProjectMember {
  /** `users/{user}` or `serviceAccounts/{client_id}`. */
  member: string;
  /** Their address. */
  email: string;
  /** What they may do there. */
  role: ProjectRole;
}

/** What a member may do in a project. */
export type ProjectRole =
  /** Sees calls and hears recordings. */
  | 'VIEWER'
  /** Deletes recordings as well. */
  | 'EDITOR'
  /** Says as well who may call in, and where that leads. */
  | 'ADMIN';

/** What was recorded of a call. */
export interface Recording {
  /** `projects/{project}/calls/{call}/recordings/{recording}`. */
  name?: string;
  /** How far it is. */
  state?: RecordingState;
  /** What began it. */
  source?: RecordingSource;
  /** How long what is kept is. */
  duration?: string;
  /** One, or two: what was heard of the caller, and what the caller heard. */
  channelCount?: number;
  /** What was done to it. */
  postProcessing?: PostProcessing[];
  /** Why it failed. */
  errorCode?: RecordingErrorCode;
  /** Its files: one of each form. */
  audio?: RecordingAudio[];
  /** When what is kept begins. */
  startTime?: string;
  /** When it was asked for. */
  createTime?: string;
  /** Where its end is told. */
  readyUri?: string;
}

/** A file of a recording. */
export interface RecordingAudio {
  /** `audio/x-wav` or `audio/mpeg`. */
  mimeType?: string;
  /** What is in it. */
  encoding?: RecordingAudioAudioEncoding;
  /** Samples in a second. */
  sampleRate?: number;
  /** Its size. */
  sizeBytes?: number;
  /** Where it can be fetched, for an hour. */
  uri?: string;
}

/** What is in it. */
export type RecordingAudioAudioEncoding =
  /** Samples of 16 bits. */
  | 'AUDIO_ENCODING_PCM_16BIT'
  /** MPEG layer III. */
  | 'AUDIO_ENCODING_MP3';

/** How many recordings a call has. */
export interface RecordingCount {
  /** `projects/{project}/calls/{call}`. */
  call: string;
  /** Whatever became of them. */
  recordings: number;
}

/** Why a recording failed. */
export type RecordingErrorCode =
  /** It took too long. */
  | 'TIMEOUT'
  /** Something else. */
  | 'INTERNAL_ERROR';

/** How recordings of a project are kept, and what callers hear of them. */
export interface RecordingPolicy {
  /** `projects/{project}`. */
  project: string;
  /** For how many days they are kept; 0 is for ever. */
  retentionDays?: number;
  /** Whether all of them are under a legal hold, and none is deleted. */
  held?: boolean;
  /** What callers hear before their call is recorded: a text, or the address of a WAV or MP3 file; empty is nothing. */
  announcement?: string;
  /** How often both sides hear a beep while they are recorded, in seconds; 0 is never. */
  beepEverySeconds?: number;
}

/** What began a recording. */
export type RecordingSource =
  /** A document asked one side to say something. */
  | 'RECORD_ACTION'
  /** The whole call is recorded. */
  | 'CALL_RECORDING';

/** How far a recording is. */
export type RecordingState =
  /** It goes on, or its files are being made. */
  | 'PENDING'
  /** It is kept. */
  | 'SUCCEEDED'
  /** Nothing was heard. */
  | 'EMPTY'
  /** It is not kept. */
  | 'FAILED';

/** How the recording of a call is. */
export interface RecordingStatus {
  /** `projects/{project}/calls/{call}`. */
  call: string;
  /** Whether it goes on. */
  state: RecordingStatusState;
  /** `projects/{project}/calls/{call}/recordings/{recording}`: the one that goes on. */
  recording?: string;
  /** Of a pause. */
  pauseMode?: PauseMode;
  /** When it was paused. */
  pauseTime?: string;
  /** Recordings of this call that are under a legal hold, by their names. */
  heldRecordings?: string[];
  /** Whether all recordings of the project are. */
  projectHeld?: boolean;
}

/** Whether it goes on. */
export type RecordingStatusState =
  /** The whole call is not being recorded. */
  | 'NONE'
  /** What is said is kept. */
  | 'RECORDING'
  /** It goes on, and what is said is not kept. */
  | 'PAUSED';

/** Asks to take a member out of a project. */
export interface RemoveProjectMemberRequest {
  /** The address or the name of a person or of a service account. */
  member: string;
}

/** Says who is put out. */
export interface RemoveRequest {
  /** `participants/{participant}`, as the data channels have it. */
  participant: string;
}

/** Who may do something while the meeting is moderated. */
export type Restriction =
  /** The host and the co-hosts. */
  | 'HOSTS_ONLY'
  /** Everybody. */
  | 'NO_RESTRICTION';

/** Asks to come back after the connection was lost. */
export interface ResumeRequest {
  /** SDP. */
  offer: string;
  /** `conferenceRecords/{conference_record}`: the conference to come back to. */
  conferenceRecord: string;
  /** Of the lost session. */
  resumeSecret: string;
  /** As in `JoinRequest`. */
  displayName?: string;
  /** With what. */
  device?: Device;
}

/** What somebody may do in a meeting. */
export type Role =
  /** Owns the space. */
  | 'HOST'
  /** Manages the meeting beside the host. */
  | 'COHOST'
  /** Speaks, shows and is seen. */
  | 'CONTRIBUTOR'
  /** Receives only. */
  | 'VIEWER';

/** A program that signs in by a key. */
export interface ServiceAccount {
  /** `serviceAccounts/{client_id}`, 21 digits. */
  name: string;
  /** The `iss` of its assertions. */
  email: string;
  /** For people. */
  displayName?: string;
  /** When it was made. */
  createTime?: string;
}

/** The public half of a key. */
export interface ServiceAccountKey {
  /** `serviceAccounts/{client_id}/keys/{key_id}`. */
  name: string;
  /** When it was made. */
  createTime?: string;
}

/** Asks for a legal hold, or that it is lifted. */
export interface SetMeetingRecordingHoldRequest {
  /** Whether it is under a hold from now on. */
  held?: boolean;
}

/** Asks to make somebody a member of a project. */
export interface SetProjectMemberRequest {
  /** The address or the name of a person or of a service account. */
  member: string;
  /** What they may do there. */
  role: ProjectRole;
}

/** Asks for a legal hold, or that it is lifted. */
export interface SetRecordingHoldRequest {
  /** `projects/{project}/calls/{call}/recordings/{recording}`. */
  recording: string;
  /** Whether it is under a hold from now on. */
  held?: boolean;
}

/** A persistent meeting place. */
export interface Space {
  /** `spaces/{space}`. */
  name?: string;
  /** Where people open the meeting; ends in the meeting code. */
  meetingUri?: string;
  /** A code that people can type, such as `abc-mnop-xyz`. */
  meetingCode?: string;
  /** Shown to the owner only. */
  config?: SpaceConfig;
  /** Present while a conference runs; shown to the owner and to participants. */
  activeConference?: ActiveConference;
  /** One entry for each number. */
  phoneAccess?: SpacePhoneAccess[];
  /** One entry for each gateway. */
  gatewaySipAccess?: SpaceGatewaySipAccess[];
}

/** The settings of a space. */
export interface SpaceConfig {
  /** Who may join without knocking. */
  accessType?: SpaceConfigAccessType;
  /** By which ways the meeting can be entered. */
  entryPointAccess?: SpaceConfigEntryPointAccess;
  /** Turning it off resets `moderation_restrictions`. */
  moderation?: SpaceConfigModeration;
  /** In force while `moderation` is ON. */
  moderationRestrictions?: SpaceConfigModerationRestrictions;
  /** Whether the owner is sent a report of who attended. */
  attendanceReportGenerationType?: SpaceConfigAttendanceReportGenerationType;
  /** What is made of each conference without anybody asking in it. */
  artifactConfig?: SpaceConfigArtifactConfig;
}

/** Who may join without knocking. */
export type SpaceConfigAccessType =
  /** Whoever has the link. */
  | 'OPEN'
  /** The owner's organisation, invited people and dial-in; others knock. */
  | 'TRUSTED'
  /** Invited people; others knock. */
  | 'RESTRICTED';

/** What is made of each conference without anybody asking in it. */
export interface SpaceConfigArtifactConfig {
  /** Recording. */
  recordingConfig?: SpaceConfigArtifactConfigRecordingConfig;
  /** Transcription. */
  transcriptionConfig?: SpaceConfigArtifactConfigTranscriptionConfig;
  /** Notes. */
  smartNotesConfig?: SpaceConfigArtifactConfigSmartNotesConfig;
}

/** Whether an artifact starts by itself. */
export type SpaceConfigArtifactConfigAutoGenerationType =
  | 'ON'
  | 'OFF';

/** Recording. */
export interface SpaceConfigArtifactConfigRecordingConfig {
  /** Starts when somebody who may record joins. */
  autoRecordingGeneration?: SpaceConfigArtifactConfigAutoGenerationType;
}

/** Notes. */
export interface SpaceConfigArtifactConfigSmartNotesConfig {
  /** Starts when somebody who may take notes joins. */
  autoSmartNotesGeneration?: SpaceConfigArtifactConfigAutoGenerationType;
}

/** Transcription. */
export interface SpaceConfigArtifactConfigTranscriptionConfig {
  /** Starts when somebody who may transcribe joins. */
  autoTranscriptionGeneration?: SpaceConfigArtifactConfigAutoGenerationType;
}

/** Whether the owner is sent a report of who attended. */
export type SpaceConfigAttendanceReportGenerationType =
  | 'GENERATE_REPORT'
  | 'DO_NOT_GENERATE';

/** By which ways the meeting can be entered. */
export type SpaceConfigEntryPointAccess =
  /** By any. */
  | 'ALL'
  /** Only through the program that made the space. */
  | 'CREATOR_APP_ONLY';

/** Whether the owner's restrictions apply. */
export type SpaceConfigModeration =
  | 'OFF'
  | 'ON';

/** What people may do while moderation is on. */
export interface SpaceConfigModerationRestrictions {
  /** Who may send chat messages. */
  chatRestriction?: SpaceConfigModerationRestrictionsRestrictionType;
  /** Who may send reactions. */
  reactionRestriction?: SpaceConfigModerationRestrictionsRestrictionType;
  /** Who may share a screen. */
  presentRestriction?: SpaceConfigModerationRestrictionsRestrictionType;
  /** How newcomers join; a member's role overrides it. */
  defaultJoinAsViewerType?: SpaceConfigModerationRestrictionsDefaultJoinAsViewerType;
}

/** Whether newcomers can only watch. */
export type SpaceConfigModerationRestrictionsDefaultJoinAsViewerType =
  | 'ON'
  | 'OFF';

/** Who may use a feature. */
export type SpaceConfigModerationRestrictionsRestrictionType =
  /** Owner and co-hosts. */
  | 'HOSTS_ONLY'
  /** Everybody. */
  | 'NO_RESTRICTION';

/** A SIP gateway by which a room system can join. */
export interface SpaceGatewaySipAccess {
  /** A `sip:` or `sips:` address. */
  uri?: string;
  /** The code to key in after calling the gateway's host itself. */
  sipAccessCode?: string;
}

/** A telephone number by which the meeting can be joined. */
export interface SpacePhoneAccess {
  /** In E.164. */
  phoneNumber?: string;
  /** Digits to key in after the call is answered. */
  pin?: string;
  /** CLDR region of the number, such as `US`. */
  regionCode?: string;
  /** BCP 47 tag of the announcements' language. */
  languageCode?: string;
}

/** How long the records of a space are kept after each conference. */
export interface SpaceRetention {
  /** `spaces/{space}`. */
  space: string;
  /** By what it goes. */
  policy: SpaceRetentionPolicy;
  /** How many days that is now; 0 for ever. */
  days?: number;
}

/** By what it goes. */
export type SpaceRetentionPolicy =
  /** As the installation is set. */
  | 'INSTALLATION'
  /** The days of this space's own. */
  | 'DAYS'
  /** For ever. */
  | 'NEVER';

/** Asks for a recording. */
export interface StartRecordingRequest {
  /** Whether silence is cut off at both ends. */
  trimSilence?: boolean;
  /** Who is told when it is over. */
  recordingReadyUri?: string;
}

/** Whether what was said is written down. */
export type TranscribeOption =
  /** It is not: what every recording has here. */
  | 'DISABLED'
  /** It is. */
  | 'DEFAULT';

/** Asks to give an application other roles. */
export interface UpdateDaemonRequest {
  /** All that it is to have. */
  roles?: string[];
}

/** Asks to change what holds for the organisation of a domain. */
export interface UpdateDomainRequest {
  /** Whether whoever has met people of the organisation may look up their e-mail addresses. */
  sharesEmail?: boolean;
  /** Whether people are asked before they are recorded in meetings of the organisation. */
  asksToRecord?: boolean;
}

/** Asks to change the policy of meetings. */
export interface UpdateMeetingPolicyRequest {
  /** Whether people are asked before they are recorded. */
  asksToRecord?: boolean;
}

/** Says how recordings of a project are kept. */
export interface UpdateRecordingPolicyRequest {
  /** From 1 to 36,500; 0 is for ever. */
  retentionDays?: number;
  /** Whether all of them are under a legal hold. */
  held?: boolean;
  /** A text of at most 500 characters, or the address of a file; empty is nothing. */
  announcement?: string;
  /** From 2 to 300; 0 is never. */
  beepEverySeconds?: number;
}

/** Decides for a space. */
export interface UpdateSpaceRetentionRequest {
  /** By what it goes from now on. */
  policy: SpaceRetentionPolicy;
  /** With `DAYS`: how many, from 1 to 36,500. */
  days?: number;
}

/** Asks to change an account. */
export interface UpdateUserRequest {
  /** The new name. */
  displayName?: string;
  /** Whether they run this installation; the last administrator stays one. */
  administrator?: boolean;
}

/** Somebody with an account. */
export interface UserAccount {
  /** `users/{user}`. */
  name: string;
  /** In lower case. */
  email: string;
  /** Shown in meetings. */
  displayName: string;
  /** Runs this installation. */
  administrator?: boolean;
}
