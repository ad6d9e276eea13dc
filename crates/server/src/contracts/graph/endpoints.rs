//! The two ends of a session: a participant's, and another's or this server's. In a meeting it is the participant who calls.
//!
//! The types of both are told by name in every answer: without it, clients drop all that is in them.

use quality::report::Report;
use serde::Serialize;

use super::identities::{Identity, IdentitySet, Somebody};

/// `microsoft.graph.callRecords.participantEndpoint`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ParticipantEndpoint {
    #[serde(rename = "@odata.type")]
    kind: &'static str,
    name: Option<String>,
    cpu_name: Option<String>,
    cpu_cores_count: Option<u16>,
    cpu_processor_speed_in_mhz: Option<u32>,
    user_agent: ClientUserAgent,
    associated_identity: Identity,
    identity: IdentitySet,
    /// Nobody is asked.
    feedback: Option<()>,
}

/// `microsoft.graph.callRecords.clientUserAgent`.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ClientUserAgent {
    #[serde(rename = "@odata.type")]
    kind: &'static str,
    header_value: Option<String>,
    application_version: Option<String>,
    platform: Platform,
    product_family: ProductFamily,
    #[serde(rename = "azureADAppId")]
    azure_ad_app_id: Option<String>,
    communication_service_id: Option<String>,
}

/// `clientPlatform`, as far as sessions here have one.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum Platform {
    Unknown,
    Web,
}

/// `productFamily`: none of those that it knows.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum ProductFamily {
    Unknown,
}

/// `microsoft.graph.callRecords.serviceEndpoint`: this server.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ServiceEndpoint {
    #[serde(rename = "@odata.type")]
    kind: &'static str,
    user_agent: ServiceUserAgent,
}

/// `microsoft.graph.callRecords.serviceUserAgent`.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ServiceUserAgent {
    #[serde(rename = "@odata.type")]
    kind: &'static str,
    header_value: &'static str,
    application_version: &'static str,
    role: ServiceRole,
}

/// `serviceRole`: who forwards media, or who answers a telephone and does what a program says.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
enum ServiceRole {
    MediaController,
    CustomBot,
}

/// `microsoft.graph.callRecords.endpoint`: either of the two.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Endpoint {
    Participant(Box<ParticipantEndpoint>),
    Service(ServiceEndpoint),
}

impl Endpoint {
    pub(super) fn of(somebody: &Somebody, software: &Software) -> Endpoint {
        Endpoint::Participant(Box::new(ParticipantEndpoint::new(somebody, software)))
    }
}

/// What a participant's client said of itself.
#[derive(Clone, Debug, Default)]
pub(super) struct Software {
    /// As it sends it to servers.
    pub(super) user_agent: Option<String>,
    /// Cores of its processor.
    pub(super) cores: Option<u16>,
}

impl Software {
    /// As it is in a session's report.
    pub(super) fn of(report: &Report) -> Software {
        Software {
            user_agent: report.client.user_agent.clone(),
            cores: report.client.cores,
        }
    }
}

impl ParticipantEndpoint {
    fn new(somebody: &Somebody, software: &Software) -> ParticipantEndpoint {
        // Programs say so; whatever calls itself Mozilla is a browser, as it has been for thirty years.
        let is_browser = |agent: &String| agent.starts_with("Mozilla/");
        let platform = match &software.user_agent {
            Some(agent) if is_browser(agent) => Platform::Web,
            _ => Platform::Unknown,
        };
        ParticipantEndpoint {
            kind: "#microsoft.graph.callRecords.participantEndpoint",
            name: None,
            cpu_name: None,
            cpu_cores_count: software.cores,
            cpu_processor_speed_in_mhz: None,
            user_agent: ClientUserAgent {
                kind: "#microsoft.graph.callRecords.clientUserAgent",
                header_value: software.user_agent.clone(),
                application_version: None,
                platform,
                product_family: ProductFamily::Unknown,
                azure_ad_app_id: None,
                communication_service_id: None,
            },
            associated_identity: somebody.associated(),
            identity: somebody.set(),
            feedback: None,
        }
    }
}

impl ServiceEndpoint {
    /// This server as it holds meetings, as it is now.
    pub(super) const OF_MEETINGS: ServiceEndpoint = ServiceEndpoint::acting_as(ServiceRole::MediaController);

    /// This server as it conducts telephone calls.
    pub(super) const OF_CALLS: ServiceEndpoint = ServiceEndpoint::acting_as(ServiceRole::CustomBot);

    const fn acting_as(role: ServiceRole) -> ServiceEndpoint {
        ServiceEndpoint {
            kind: "#microsoft.graph.callRecords.serviceEndpoint",
            user_agent: ServiceUserAgent {
                kind: "#microsoft.graph.callRecords.serviceUserAgent",
                header_value: concat!("sederunt/", env!("CARGO_PKG_VERSION")),
                application_version: env!("CARGO_PKG_VERSION"),
                role,
            },
        }
    }
}
