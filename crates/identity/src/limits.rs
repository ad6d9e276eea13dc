//! Every limit of sign-in, in one place, each with its reason.

use std::time::Duration;

/// RFC 5321 allows a path of 256 bytes with its two brackets.
pub const EMAIL_BYTES_MAX: usize = 254;

/// RFC 5321 §4.5.3.1.1.
pub const EMAIL_LOCAL_PART_BYTES_MAX: usize = 64;

/// A link is sent to one person, who opens it in the same sitting.
pub const SIGN_IN_LINK_TTL: Duration = Duration::from_mins(15);

/// Nobody may make a link that outlives the mail it travels in: it is as good as a password.
pub const SIGN_IN_LINK_TTL_MAX: Duration = Duration::from_hours(7 * 24);

/// A month without typing anything is what people expect of a browser at home; signing out ends it at once.
pub const WEB_SESSION_TTL: Duration = Duration::from_hours(30 * 24);

/// The lifetime that Google's access tokens have, which clients are written for.
pub const TOKEN_TTL: Duration = Duration::from_hours(1);

/// A token cannot be recalled but with its user's other credentials, so even a test rig has to fetch a new one each month.
pub const TOKEN_TTL_MAX: Duration = Duration::from_hours(30 * 24);

/// Our tokens are about 500 bytes with every scope; nothing longer is worth a hash or a signature check.
pub const TOKEN_BYTES_MAX: usize = 4096;

/// Principals kept beside the token that proved them, so that a signature is checked once and not on every request.
/// Two thousand callers at once is beyond one node, and the memory is about a megabyte.
pub const VERIFIED_TOKENS_MAX: usize = 2048;

/// How long what a token proved is remembered at most. Whatever is written takes back at once what was read; this is for a write
/// of a process that died before it told anybody.
pub const VERIFIED_TOKEN_TTL: Duration = Duration::from_secs(30);

/// A page of an administrator's list that does not say how long it is to be.
pub const PAGE_SIZE_DEFAULT: usize = 100;

/// The longest page of an administrator's list.
pub const PAGE_SIZE_MAX: usize = 1000;

/// NIST SP 800-63B asks for 8 where a password is one of two factors and 15 where it is the only one; beside a limit of
/// attempts, 10 is beyond guessing.
pub const PASSWORD_CHARACTERS_MIN: usize = 10;

/// Longer than any passphrase. Hashing a longer one would only cost us time.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// Guesses of one client, or of one browser that is known, at one address in [`PASSWORD_ATTEMPT_WINDOW`], before its next is
/// refused unread. How many clients may guess at one address is for whoever knows clients to say.
pub const PASSWORD_ATTEMPTS_MAX: i64 = 10;

/// How long a lock lasts: short enough to wait for.
pub const PASSWORD_ATTEMPT_WINDOW: Duration = Duration::from_mins(15);

/// How long after a sign-in by a link or a provider a browser may set another password without the old one: time enough
/// to find the page, and too short to find the browser left alone.
pub const FORGOTTEN_PASSWORD_TTL: Duration = Duration::from_mins(10);

/// Passwords that are hashed at the same time; the others wait. Each takes 19 MiB and a thread for some 20 ms.
pub const PASSWORDS_HASHED_AT_ONCE_MAX: usize = 2;

/// Longer than any address that a browser is sent to in earnest.
pub const REDIRECT_URI_BYTES_MAX: usize = 2048;

/// Development, test and production, with room to spare.
pub const REDIRECT_URIS_MAX: usize = 20;

/// The query of a request to the authorization endpoint: a redirect URI, every scope and a long state.
pub const AUTHORIZATION_QUERY_BYTES_MAX: usize = 8192;

/// The body of a request to the token endpoint: an assertion and a redirect URI.
pub const TOKEN_FORM_BYTES_MAX: usize = 16_384;

/// A code is used by the program that the browser has just come back to. RFC 6749 allows 10 minutes.
pub const AUTHORIZATION_CODE_TTL: Duration = Duration::from_mins(5);

/// RFC 7636 §4.1: what a PKCE verifier may be, in characters.
pub const VERIFIER_CHARACTERS: std::ops::RangeInclusive<usize> = 43..=128;

/// Refresh tokens of one user for one application; the oldest makes room for the next. As many as Google keeps.
pub const REFRESH_TOKENS_MAX: i64 = 100;

/// How long a refresh token may lie unused: Google's six months.
pub const REFRESH_TOKEN_IDLE: Duration = Duration::from_hours(180 * 24);

/// How often the use of a refresh token is written down: far below the time after which it ends, and one durable write a
/// day instead of one for each access token.
pub const REFRESH_TOKEN_USE_INTERVAL: Duration = Duration::from_hours(24);

/// Within this time of giving a refresh token its successor it gets no other: two threads of a program that ask at once,
/// and a retry after a timeout, come within seconds; the next use in earnest comes after the access token's hour.
pub const REFRESH_TOKEN_GRACE: Duration = Duration::from_secs(30);

/// Keys of one service account: as many as Google allows. Each is tried where an assertion does not name its own.
pub const SERVICE_ACCOUNT_KEYS_MAX: i64 = 10;

/// What a daemon signs in with: one in use, one on its way in and one on its way out, for each of a few machines.
pub const DAEMON_CREDENTIALS_MAX: i64 = 20;

/// Nobody plans further ahead; without a time, a secret holds until it is deleted.
pub const DAEMON_SECRET_TTL_MAX: Duration = Duration::from_hours(10 * 366 * 24);

/// A key of 8192 bits and a chain of certificates, in PEM: some 20 kB.
pub const CERTIFICATE_FILE_BYTES_MAX: usize = 65_536;

/// Microsoft's libraries put the whole chain of certificates into an assertion if they are told to: three of 2 kB, twice encoded.
pub const CLIENT_ASSERTION_BYTES_MAX: usize = 12_288;

/// How long an assertion or a self-signed token may be valid: what Google's libraries ask for.
pub const ASSERTION_TTL_MAX: Duration = Duration::from_hours(1);

/// How far the clock of another machine may be off from ours: what Google forgives, and machines without a time service need.
pub const CLOCK_SKEW: Duration = Duration::from_mins(5);

/// How long a key signs ID tokens, and how long before and after it is published: longer than any library keeps keys, and short
/// enough that one which was lost is soon worth nothing.
pub const OPENID_KEY_PERIOD: Duration = Duration::from_hours(30 * 24);

/// An issuer's key set with its certificates, many times over.
pub const ISSUER_KEYS_BYTES_MAX: usize = 262_144;

/// Other issuers put more into their tokens than we do, such as every group of the user.
pub const ID_TOKEN_BYTES_MAX: usize = 32_768;

/// The part of a service account's address before the `@`: as long as Google's.
pub const SERVICE_ACCOUNT_NAME_BYTES_MAX: usize = 30;

/// OpenID Connect Core §2 allows a subject of 255 ASCII characters.
pub const SUBJECT_BYTES_MAX: usize = 255;

/// Sign-in links that a user is told of, and uses of links that are looked through for them: more than anybody is sent in a year.
pub const MADE_LINKS_MAX: usize = 20;

/// The id of a project: as long as Google's.
pub const PROJECT_ID_BYTES_MAX: usize = 30;

/// Members of a project that are shown at once: more than anybody looks through.
pub const PROJECT_MEMBERS_SHOWN_MAX: usize = 1_000;

/// Projects that somebody is shown to be in: the same.
pub const MEMBERSHIPS_SHOWN_MAX: usize = 1_000;
