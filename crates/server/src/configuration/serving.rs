//! How the server serves.

use std::time::Duration;

use edge::Network;

use super::key::Fallback::{Nothing, Value, Words};
use super::key::{Choice, Flag, Key, Section, Set};
use crate::gate::Quotas;
use crate::limits::RETENTION_DAYS_MAX;
use crate::outgoing::Origin;

/// What `sederunt serve` takes, and `sederunt doctor` to examine it.
pub(super) const SERVING: Section = Section {
    title: "Of `serve` and `doctor`",
    heading: None,
    table: None,
    introduction: include_str!("serving.md"),
    keys: &[
        Key {
            name: Some("listen"),
            flag: Some(Flag {
                name: "listen",
                environment: "SEDERUNT_LISTEN",
                value: "IP:PORT",
            }),
            default: Value("127.0.0.1:8080"),
            help: "Address and port of the web client and the API, gRPC and REST",
            more: "port 0 takes a free one",
            set: Set::Form("an IP address with a port, such as 127.0.0.1:8080", |to, text| {
                to.configuration.listen = text.parse().ok()?;
                Some(())
            }),
        },
        Key {
            name: Some("media_port"),
            flag: Some(Flag {
                name: "media-port",
                environment: "SEDERUNT_MEDIA_PORT",
                value: "PORT",
            }),
            default: Words("the port of `--listen`"),
            help: "UDP port of the media",
            more: "audio and video",
            set: Set::Number(0..=u16::MAX as u64, |to, port| {
                to.configuration.media_port = u16::try_from(port).ok();
            }),
        },
        Key {
            name: Some("media_threads"),
            flag: Some(Flag {
                name: "media-threads",
                environment: "SEDERUNT_MEDIA_THREADS",
                value: "NUMBER",
            }),
            default: Words("one for each core"),
            help: "Threads that carry media, all at the one port",
            more: "see [network.md](network.md)",
            set: Set::Number(1..=media::limits::MEDIA_THREADS_MAX as u64, |to, threads| {
                to.configuration.media_threads = usize::try_from(threads).ok();
            }),
        },
        Key {
            name: Some("public_address"),
            flag: Some(Flag {
                name: "public-address",
                environment: "SEDERUNT_PUBLIC_ADDRESS",
                value: "HOST[:PORT]",
            }),
            default: Nothing,
            help: "Address or name at which browsers reach the media port, if it is not the one that is bound, as often as needed",
            more: "see [network.md](network.md)",
            set: Set::List(
                "a list of addresses or names with or without a port, such as 203.0.113.7 or meet.example.org:3478",
                |to, hosts| {
                    let hosts: Result<_, _> = hosts.iter().map(|host| host.parse()).collect();
                    to.configuration.public_addresses = hosts.ok()?;
                    Some(())
                },
            ),
        },
        Key {
            name: Some("trusted_proxies"),
            flag: Some(Flag {
                name: "trusted-proxies",
                environment: "SEDERUNT_TRUSTED_PROXIES",
                value: "NETWORK",
            }),
            default: Words("none"),
            help: "Address or network (CIDR) of a reverse proxy that is believed when it says whose requests it passes on, as often \
                   as needed",
            more: "see [network.md](network.md)",
            set: Set::List("a list of networks, such as 10.0.0.7 or 10.1.0.0/16", |to, networks| {
                let networks: Result<_, _> = networks.iter().map(|network| network.parse::<Network>()).collect();
                to.configuration.trusted_proxies = networks.ok()?;
                Some(())
            }),
        },
        Key {
            name: Some("drain_seconds"),
            flag: Some(Flag {
                name: "drain-seconds",
                environment: "SEDERUNT_DRAIN_SECONDS",
                value: "SECONDS",
            }),
            default: Value("10"),
            help: "Seconds that running meetings get after SIGTERM before their pages are told that the server restarts",
            more: "",
            set: Set::Number(0..=u64::MAX, |to, seconds| {
                to.configuration.drain = Duration::from_secs(seconds);
            }),
        },
        Key {
            name: Some("retention_days"),
            flag: Some(Flag {
                name: "retention-days",
                environment: "SEDERUNT_RETENTION_DAYS",
                value: "DAYS",
            }),
            default: Value("30"),
            help: "Days that a conference record is kept after its conference ended; 0 keeps it for ever",
            more: "a space may have its own",
            set: Set::Number(0..=RETENTION_DAYS_MAX as u64, |to, days| {
                to.configuration.retention = (days > 0).then(|| Duration::from_hours(days * 24));
            }),
        },
        Key {
            name: Some("audit_retention_days"),
            flag: Some(Flag {
                name: "audit-retention-days",
                environment: "SEDERUNT_AUDIT_RETENTION_DAYS",
                value: "DAYS",
            }),
            default: Value("400"),
            help: "Days that a line of the audit log is kept; 0 keeps it for ever",
            more: "see [security.md](security.md)",
            set: Set::Number(0..=RETENTION_DAYS_MAX as u64, |to, days| {
                to.configuration.audit_retention = (days > 0).then(|| Duration::from_hours(days * 24));
            }),
        },
        Key {
            name: Some("metrics_listen"),
            flag: Some(Flag {
                name: "metrics-listen",
                environment: "SEDERUNT_METRICS_LISTEN",
                value: "IP:PORT",
            }),
            default: Nothing,
            help: "Address and port of a listener of its own for `/metrics`, which it gives to whoever reaches it",
            more: "see [watching.md](watching.md)",
            set: Set::Form("an IP address with a port, such as 127.0.0.1:9464", |to, text| {
                to.configuration.metrics_listen = Some(text.parse().ok()?);
                Some(())
            }),
        },
        Key {
            name: Some("notify_origin"),
            flag: Some(Flag {
                name: "notify-origin",
                environment: "SEDERUNT_NOTIFY_ORIGIN",
                value: "URL",
            }),
            default: Words("none"),
            help: "Scheme, host and port of a server of your own network that may be told of changes, as often as needed; on the \
                   public internet all may that serve HTTPS on port 443",
            more: "see [notifications.md](../notifications.md)",
            set: Set::List(
                "a list of URLs without a path, such as http://10.0.0.7:9000",
                |to, origins| {
                    let origins: Option<_> = origins.iter().map(|origin| Origin::parse(origin)).collect();
                    to.configuration.notify_origins = origins?;
                    Some(())
                },
            ),
        },
        Key {
            name: None,
            flag: Some(Flag {
                name: "quotas",
                environment: "SEDERUNT_QUOTAS",
                value: "SET",
            }),
            default: Words("default, with what the file sets"),
            help: "Requests per minute that a person, an app and a client without an account may make: none (no quotas), \
                   default, or google (the numbers of Google's service)",
            more: "numbers of your own stand in the table `[quotas]`",
            set: Set::Choice(&[
                Choice {
                    name: "none",
                    help: "No quotas",
                    set: |to| to.configuration.quotas = Quotas::NONE,
                },
                Choice {
                    name: "default",
                    help: "Ten times those of Google's service",
                    set: |to| to.configuration.quotas = Quotas::USUAL,
                },
                Choice {
                    name: "google",
                    help: "Those of Google's service",
                    set: |to| to.configuration.quotas = Quotas::GOOGLE,
                },
            ]),
        },
        Key {
            name: Some("require_pkce"),
            flag: Some(Flag {
                name: "require-pkce",
                environment: "SEDERUNT_REQUIRE_PKCE",
                value: "",
            }),
            default: Nothing,
            help: "Refuse apps that ask people for consent without PKCE, also those that have a secret",
            more: "see [people.md](people.md)",
            set: Set::Switch(|to, on| to.configuration.require_pkce = on),
        },
        Key {
            name: Some("without_tokens"),
            flag: Some(Flag {
                name: "without-tokens",
                environment: "SEDERUNT_WITHOUT_TOKENS",
                value: "",
            }),
            default: Nothing,
            help: "Let whoever gives no token act as the administrator; on loopback addresses only, for development",
            more: "see [people.md](people.md)",
            set: Set::Switch(|to, on| to.configuration.without_tokens = on),
        },
        Key {
            name: Some("without_reflection"),
            flag: Some(Flag {
                name: "without-reflection",
                environment: "SEDERUNT_WITHOUT_REFLECTION",
                value: "",
            }),
            default: Nothing,
            help: "Do not tell tools such as grpcurl which methods the API has by gRPC",
            more: "see [programs.md](programs.md)",
            set: Set::Switch(|to, on| to.configuration.without_reflection = on),
        },
        Key {
            name: Some("without_tcp_media"),
            flag: Some(Flag {
                name: "without-tcp-media",
                environment: "SEDERUNT_WITHOUT_TCP_MEDIA",
                value: "",
            }),
            default: Nothing,
            help: "Carry media by UDP alone: networks that block it are not served",
            more: "see [network.md](network.md)",
            set: Set::Switch(|to, on| to.configuration.without_tcp_media = on),
        },
        Key {
            name: Some("without_relay"),
            flag: Some(Flag {
                name: "without-relay",
                environment: "SEDERUNT_WITHOUT_RELAY",
                value: "",
            }),
            default: Nothing,
            help: "Have no relay (TURN): networks that let through nothing but TLS are not served",
            more: "see [network.md](network.md)",
            set: Set::Switch(|to, on| to.configuration.without_relay = on),
        },
        Key {
            name: Some("without_estimation"),
            flag: Some(Flag {
                name: "without-estimation",
                environment: "SEDERUNT_WITHOUT_ESTIMATION",
                value: "",
            }),
            default: Nothing,
            help: "Send each viewer all that it asks for, whatever its network carries",
            more: "see [network.md](network.md)",
            set: Set::Switch(|to, on| to.configuration.without_estimation = on),
        },
    ],
};
