//! What handlers want to be told again while a call goes on: cookies (RFC 6265), as far as a call has any use for them. Pure.
//!
//! A cookie goes back to the origin that set it and to no other, whatever its `Domain` says: which names belong together is known to a
//! list that this server does not have, and a document may lead to anybody. So it is no matter either whether one is `Secure`.

use time::{Date, Month, Time};
use url::Url;

use crate::limits::{COOKIE_BYTES_MAX, COOKIES_MAX};

/// The cookies of one call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cookies(Vec<Cookie>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Cookie {
    origin: String,
    path: String,
    name: String,
    value: String,
    /// `None` is the end of the call.
    expire_us: Option<i64>,
}

impl Cookies {
    /// What goes to that address, as the header `Cookie` has it.
    pub fn to(&self, url: &Url, now_us: i64) -> Option<String> {
        let origin = url.origin().ascii_serialization();
        let mut sent: Vec<&Cookie> = self
            .0
            .iter()
            .filter(|cookie| cookie.goes_to(&origin, url, now_us))
            .collect();
        // The more a path says, the sooner it is heard; whoever has two of a name reads the first.
        sent.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs: Vec<String> = sent
            .iter()
            .map(|cookie| format!("{}={}", cookie.name, cookie.value))
            .collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }

    /// Whoever was asked at that address sets one, as a header `Set-Cookie` has it, or takes it back.
    pub fn set(&mut self, url: &Url, set_cookie: &str, now_us: i64) {
        let Some(cookie) = Cookie::read(url, set_cookie, now_us) else {
            return;
        };
        let before = self.0.iter().position(|other| other.is_instead_of(&cookie));
        match (before, cookie.has_expired(now_us)) {
            (Some(before), true) => drop(self.0.remove(before)),
            (Some(before), false) => self.0[before] = cookie,
            (None, true) => {}
            (None, false) => {
                if self.0.len() == COOKIES_MAX {
                    self.0.remove(0);
                }
                self.0.push(cookie);
            }
        }
    }
}

impl Cookie {
    fn read(url: &Url, set_cookie: &str, now_us: i64) -> Option<Cookie> {
        let mut parts = set_cookie.split(';');
        let (name, value) = parts.next()?.split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() || name.len() + value.len() > COOKIE_BYTES_MAX {
            return None;
        }
        let (mut path, mut age_s, mut expires_us) = (None, None, None);
        for attribute in parts {
            let (key, value) = attribute.split_once('=').unwrap_or((attribute, ""));
            let value = value.trim();
            match key.trim().to_ascii_lowercase().as_str() {
                "path" => path = Some(value).filter(|path| path.starts_with('/') && path.len() <= COOKIE_BYTES_MAX),
                "max-age" => age_s = value.parse::<i64>().ok().or(age_s),
                "expires" => expires_us = date_us(value).or(expires_us),
                _ => {}
            }
        }
        // Of the two, the age counts (§5.3).
        let by_age = age_s.map(|age_s| now_us.saturating_add(age_s.saturating_mul(1_000_000)));
        Some(Cookie {
            origin: url.origin().ascii_serialization(),
            path: path.unwrap_or_else(|| folder(url.path())).to_owned(),
            name: name.to_owned(),
            value: value.to_owned(),
            expire_us: by_age.or(expires_us),
        })
    }

    fn is_instead_of(&self, other: &Cookie) -> bool {
        (&self.origin, &self.path, &self.name) == (&other.origin, &other.path, &other.name)
    }

    fn has_expired(&self, now_us: i64) -> bool {
        self.expire_us.is_some_and(|expire_us| expire_us <= now_us)
    }

    fn goes_to(&self, origin: &str, url: &Url, now_us: i64) -> bool {
        let below = url.path().strip_prefix(self.path.as_str());
        let is_below =
            below.is_some_and(|below| self.path.ends_with('/') || below.is_empty() || below.starts_with('/'));
        self.origin == origin && is_below && !self.has_expired(now_us)
    }
}

/// Where a cookie belongs that does not say so (§5.1.4).
fn folder(path: &str) -> &str {
    match path.rfind('/') {
        None | Some(0) => "/",
        Some(end) => &path[..end],
    }
}

/// A time as browsers read it (§5.1.1): its parts in any order, and a year of two digits too. In microseconds since the Unix epoch.
fn date_us(text: &str) -> Option<i64> {
    let (mut clock, mut day, mut month, mut year) = (None, None, None, None);
    let parts = text.split(|character: char| !character.is_ascii_alphanumeric() && character != ':');
    for part in parts {
        let number: Option<u16> = part.parse().ok();
        match number {
            None if part.contains(':') => clock = clock.or(time_of_day(part)),
            None => month = month.or(month_of(part)),
            Some(_) if day.is_none() && part.len() <= 2 => day = number,
            Some(_) => year = year.or(number),
        }
    }
    let year = match year? {
        year @ 0..=69 => year + 2_000,
        year @ 70..=99 => year + 1_900,
        year => year,
    };
    let day = u8::try_from(day?).ok()?;
    let date = Date::from_calendar_date(year.into(), month?, day).ok()?;
    Some(date.with_time(clock?).assume_utc().unix_timestamp() * 1_000_000)
}

fn time_of_day(text: &str) -> Option<Time> {
    let mut parts = text.split(':').map(|part| part.parse().ok());
    Time::from_hms(parts.next()??, parts.next()??, parts.next()??).ok()
}

fn month_of(text: &str) -> Option<Month> {
    const MONTHS: [&str; 12] = [
        "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
    ];
    let begin = text.get(..3)?.to_ascii_lowercase();
    let before = MONTHS.iter().position(|month| *month == begin)?;
    u8::try_from(before + 1).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-01-01, midnight.
    const NOW_US: i64 = 1_767_225_600_000_000;

    /// What goes to an address after these have been set, each at an address.
    fn check(set: &[(&str, &str)], to: &str, expected: Option<&str>) {
        let url = |text: &str| Url::parse(text).expect("an address");
        let mut cookies = Cookies::default();
        for (at, set_cookie) in set {
            cookies.set(&url(at), set_cookie, NOW_US);
        }
        assert_eq!(cookies.to(&url(to), NOW_US).as_deref(), expected, "{set:?} to {to}");
    }

    #[test]
    fn a_cookie_goes_to_the_origin_that_set_it() {
        let set = &[(
            "https://app.example/handle",
            "session=abc; HttpOnly; Secure; Domain=example",
        )];
        check(set, "https://app.example/next?x=1", Some("session=abc"));
        check(set, "https://app.example:443/", Some("session=abc"));
        check(set, "https://APP.example/", Some("session=abc"));
        for other in [
            "https://other.example/handle",
            "https://sub.app.example/handle",
            "https://example/handle",
            "https://app.example:8443/handle",
            "http://app.example/handle",
        ] {
            check(set, other, None);
        }
    }

    #[test]
    fn and_to_its_path() {
        let of = |set_cookie| [("https://a.example/voice/menu/first", set_cookie)];
        check(&of("a=1"), "https://a.example/voice/menu/next", Some("a=1"));
        check(&of("a=1"), "https://a.example/voice/menu", Some("a=1"));
        check(&of("a=1"), "https://a.example/voice/menus", None);
        check(&of("a=1"), "https://a.example/", None);
        check(&of("a=1; Path=/"), "https://a.example/else", Some("a=1"));
        check(&of("a=1; path=/voice/"), "https://a.example/voice/x", Some("a=1"));
        check(&of("a=1; Path=/other"), "https://a.example/voice/menu/first", None);
        check(
            &of("a=1; Path=voice"),
            "https://a.example/voice/menu/first",
            Some("a=1"),
        );
        let two = [
            ("https://a.example/", "a=1"),
            ("https://a.example/", "a=2; Path=/voice"),
        ];
        check(&two, "https://a.example/voice", Some("a=2; a=1"));
    }

    #[test]
    fn it_is_changed_and_taken_back() {
        let at = "https://a.example/";
        let check = |set: &[&str], expected: Option<&str>| {
            let set: Vec<(&str, &str)> = set.iter().map(|set_cookie| (at, *set_cookie)).collect();
            check(&set, at, expected);
        };
        check(&["a=1", "b=2", "a=3"], Some("a=3; b=2"));
        check(&["a=1", "a=; Max-Age=0"], None);
        check(&["a=1", "b=2", "a=gone; max-age=-1"], Some("b=2"));
        check(&["a=1; Max-Age=60"], Some("a=1"));
        check(&["a=1", "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], None);
        check(&["a=1; Expires=Thu, 31-Dec-2025 23:59:59 GMT"], None);
        check(&["a=1; Expires=Thu, 01 Jan 2026 00:00:01 GMT"], Some("a=1"));
        check(&["a=1; Expires=Thursday, 01-Jan-70 00:00:00 GMT"], None);
        check(&["a=1; Expires=Thu Jan  1 00:00:00 1970"], None);
        // The age counts before the date, and what cannot be read does not count.
        check(&["a=1; Max-Age=60; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], Some("a=1"));
        check(&["a=1; Max-Age=soon; Expires=tomorrow"], Some("a=1"));
        check(&["a=1; Expires=Thu, 32 Jan 1970 00:00:00 GMT"], Some("a=1"));
    }

    #[test]
    fn what_is_none_is_not_kept() {
        let at = "https://a.example/";
        check(&[(at, " lang = en ; Path=/")], at, Some("lang=en"));
        check(&[(at, "empty=")], at, Some("empty="));
        for none in [
            "",
            "broken",
            "=value",
            "; Path=/",
            &format!("a={}", "x".repeat(COOKIE_BYTES_MAX)),
        ] {
            check(&[(at, none)], at, None);
        }
    }

    #[test]
    fn there_are_so_many() {
        let url = Url::parse("https://a.example/").expect("an address");
        let mut cookies = Cookies::default();
        for number in 0..=COOKIES_MAX {
            cookies.set(&url, &format!("c{number}=x"), NOW_US);
        }
        let sent = cookies.to(&url, NOW_US).expect("cookies");
        assert_eq!(sent.split("; ").count(), COOKIES_MAX);
        assert!(sent.starts_with("c1=x; "), "the oldest is gone: {sent}");
    }

    #[test]
    fn it_ends_when_it_says() {
        let url = Url::parse("https://a.example/").expect("an address");
        let mut cookies = Cookies::default();
        cookies.set(&url, "a=1; Max-Age=60", NOW_US);
        let check = |now_us: i64, expected: Option<&str>| assert_eq!(cookies.to(&url, now_us).as_deref(), expected);
        check(NOW_US + 59_999_999, Some("a=1"));
        check(NOW_US + 60_000_000, None);
    }
}
