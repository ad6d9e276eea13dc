//! Where the register is and how it is linked to: what every command needs.

use super::key::Fallback::{Nothing, Value, Words};
use super::key::{Flag, Key, Section, Set};

/// What every command takes.
pub(super) const STORE: Section = Section {
    title: "Of every command",
    heading: None,
    table: None,
    introduction: "",
    keys: &[
        Key {
            name: Some("data"),
            flag: Some(Flag {
                name: "data",
                environment: "SEDERUNT_DATA",
                value: "DIR",
            }),
            default: Value("./data"),
            help: "Folder of the register and of files",
            more: "",
            set: Set::Path(|to, path| to.configuration.store.data = path),
        },
        Key {
            name: Some("database"),
            flag: Some(Flag {
                name: "database",
                environment: "SEDERUNT_DATABASE",
                value: "postgres://…",
            }),
            default: Nothing,
            help: "PostgreSQL to keep the register in, instead of SQLite in the data folder",
            more: "`?sslmode=verify-full` asks for TLS (see [data.md](data.md)); a password in the flag is read by everybody on the machine",
            set: Set::Secret(|to, url| to.configuration.store.database = Some(url)),
        },
        Key {
            name: Some("database_password_file"),
            flag: Some(Flag {
                name: "database-password-file",
                environment: "SEDERUNT_DATABASE_PASSWORD_FILE",
                value: "FILE",
            }),
            default: Nothing,
            help: "File with the password of the database's user, for an address without it",
            more: "its first line",
            set: Set::Path(|to, path| to.configuration.store.database_password_file = Some(path)),
        },
        Key {
            name: Some("public_url"),
            flag: Some(Flag {
                name: "public-url",
                environment: "SEDERUNT_PUBLIC_URL",
                value: "URL",
            }),
            default: Words("`http://localhost:PORT`"),
            help: "Address that people open, used in every link",
            more: "",
            set: Set::Text(|to, url| to.configuration.store.public_url = Some(url)),
        },
        Key {
            name: None,
            flag: Some(Flag {
                name: "config",
                environment: "SEDERUNT_CONFIG",
                value: "FILE",
            }),
            default: Nothing,
            help: "TOML file with the same settings (`listen`, `public_url`, …); flags and environment win",
            more: "",
            set: Set::File,
        },
    ],
};
