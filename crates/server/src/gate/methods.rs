//! The methods that exist, from the descriptor set: one look-up per call.
//!
//! `v2` and `v2beta` are the same on the wire but for what only v2beta has, so both paths lead to one implementation, written
//! for v2beta. An unknown method is refused before anything is spent on it, and names in metrics come from this table, so
//! that nobody can make up new ones.

use std::collections::HashMap;
use std::sync::LazyLock;

use http::uri::PathAndQuery;

/// One method.
#[derive(Debug)]
pub(crate) struct Method {
    /// `google.apps.meet.v2.SpacesService/GetSpace`.
    pub(crate) name: String,
    /// Which of our implementations serves it.
    pub(crate) service: Service,
    /// The path by which that implementation knows it.
    pub(crate) path: PathAndQuery,
    /// Whether it only reads: `Get…` and `List…`, by Google's design rules (AIP-131, AIP-132).
    pub(crate) reads: bool,
}

/// Our implementations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// `google.apps.meet.v2beta.SpacesService`, and v2.
    Spaces,
    /// `google.apps.meet.v2beta.ConferenceRecordsService`, and v2.
    ConferenceRecords,
    /// `sederunt.v1.Meetings`.
    Meetings,
    /// `sederunt.v1.Spaces`.
    OwnSpaces,
    /// `sederunt.v1.Register`.
    Register,
    /// `sederunt.v1.Administration`.
    Administration,
    /// `google.people.v1.PeopleService`.
    People,
}

/// The method of a gRPC path.
pub(crate) fn find(path: &str) -> Option<&'static Method> {
    static TABLE: LazyLock<HashMap<String, Method>> = LazyLock::new(table);
    TABLE.get(path)
}

fn table() -> HashMap<String, Method> {
    let pool = api::descriptor_pool();
    pool.services()
        .filter_map(|described| Some((implementation(described.full_name())?, described)))
        .flat_map(|((service, served_as), described)| {
            described
                .methods()
                .map(move |method| {
                    let name = format!("{}/{}", method.parent_service().full_name(), method.name());
                    let path = format!("/{served_as}/{}", method.name());
                    let reads = method.name().starts_with("Get") || method.name().starts_with("List");
                    let path = path.parse().expect("a path of names");
                    (
                        format!("/{name}"),
                        Method {
                            name,
                            service,
                            path,
                            reads,
                        },
                    )
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn implementation(service: &str) -> Option<(Service, &'static str)> {
    match service {
        "google.apps.meet.v2.SpacesService" | "google.apps.meet.v2beta.SpacesService" => {
            Some((Service::Spaces, "google.apps.meet.v2beta.SpacesService"))
        }
        "google.apps.meet.v2.ConferenceRecordsService" | "google.apps.meet.v2beta.ConferenceRecordsService" => Some((
            Service::ConferenceRecords,
            "google.apps.meet.v2beta.ConferenceRecordsService",
        )),
        "sederunt.v1.Meetings" => Some((Service::Meetings, "sederunt.v1.Meetings")),
        "sederunt.v1.Spaces" => Some((Service::OwnSpaces, "sederunt.v1.Spaces")),
        "sederunt.v1.Register" => Some((Service::Register, "sederunt.v1.Register")),
        "sederunt.v1.Administration" => Some((Service::Administration, "sederunt.v1.Administration")),
        "google.people.v1.PeopleService" => Some((Service::People, "google.people.v1.PeopleService")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_lead_to_one_implementation() {
        let old = find("/google.apps.meet.v2.SpacesService/GetSpace").expect("described");
        let new = find("/google.apps.meet.v2beta.SpacesService/GetSpace").expect("described");
        assert_eq!(old.path, new.path);
        assert_ne!(old.name, new.name);
        assert!(old.reads);
        assert!(!find("/sederunt.v1.Meetings/Join").expect("described").reads);
        assert!(find("/sederunt.v1.Meetings/Jump").is_none());
    }
}
