//! `networkInfo`: the two ends of the way that a session's packets took, and how often it kept people from hearing each other.
//!
//! The addresses are those that this server has seen, for those who may know them. That a relay is between which is not this server's,
//! only the client knows: it says so, and the address that is seen is the relay's then. What no browser tells is null, or unknown.

use std::net::{IpAddr, SocketAddr};

use quality::{
    Direction, Share, Totals,
    report::{Candidate, Connection, Protocol, Report},
};
use register::{Path, Transport};
use serde::Serialize;

use super::streams::{Source, Streams, measured_or_told};

/// `microsoft.graph.callRecords.networkInfo`. What no browser tells is null, or unknown.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NetworkInfo {
    connection_type: ConnectionType,
    network_transport_protocol: TransportProtocol,
    ip_address: Option<String>,
    port: Option<u16>,
    #[serde(rename = "reflexiveIPAddress")]
    reflexive_ip_address: Option<String>,
    #[serde(rename = "relayIPAddress")]
    relay_ip_address: Option<String>,
    relay_port: Option<u16>,
    subnet: Option<String>,
    mac_address: Option<String>,
    dns_suffix: Option<String>,
    link_speed: Option<u64>,
    bandwidth_low_event_ratio: Option<f64>,
    #[serde(
        rename = "bandwidthLowEventRatio@sederunt.source",
        skip_serializing_if = "Source::is_this_server"
    )]
    bandwidth_low_source: Source,
    delay_event_ratio: Option<f64>,
    received_quality_event_ratio: Option<f64>,
    sent_quality_event_ratio: Option<f64>,
    basic_service_set_identifier: Option<String>,
    wifi_band: Unknown,
    wifi_radio_type: Unknown,
    wifi_channel: Option<u32>,
    wifi_signal_strength: Option<u32>,
    wifi_battery_charge: Option<u32>,
    wifi_microsoft_driver: Option<String>,
    wifi_microsoft_driver_version: Option<String>,
    wifi_vendor_driver: Option<String>,
    wifi_vendor_driver_version: Option<String>,
    trace_route_hops: [(); 0],
}

/// `networkConnectionType`, as far as it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum ConnectionType {
    Unknown,
    Wired,
    Wifi,
    Mobile,
    Tunnel,
}

/// `networkTransportProtocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum TransportProtocol {
    Unknown,
    Udp,
    Tcp,
}

/// A member of an enumeration that must be there, of which nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
enum Unknown {
    Unknown,
}

/// The way that a session's packets took, as this server has seen it and as its client tells it.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    /// What carries them to this server, or to its relay.
    pub(super) transport: Option<Transport>,
    pub(super) path: Option<Path>,
    pub(super) report: &'a Report,
    pub(super) shows_addresses: bool,
}

/// A share of the samples of all these streams.
fn shared(streams: &Streams<'_>, direction: Option<Direction>, share: fn(&Totals) -> &Share) -> Option<f64> {
    let mut all = Share::default();
    for (stream, totals) in streams {
        if direction.is_none_or(|direction| stream.direction == direction) {
            all.add(share(totals));
        }
    }
    all.ratio()
}

/// The addresses at the participant's end, for those who may know them.
#[derive(Default)]
struct Ends {
    /// The participant's own, as its client tells it.
    own: Option<IpAddr>,
    /// Where the participant's packets come from, as this server or its relay sees it.
    seen: Option<SocketAddr>,
    /// That of the relay which sends them on.
    relay: Option<SocketAddr>,
}

impl Way<'_> {
    /// The client says that a relay sends its packets on: its address is one at the relay then, and not its own.
    fn is_relayed_elsewhere(&self) -> bool {
        let is_ours = self.path.is_some_and(|path| path.transport.is_relayed());
        !is_ours && self.report.path.candidate == Some(Candidate::Relay)
    }

    fn ends(&self) -> Ends {
        if !self.shows_addresses {
            return Ends::default();
        }
        let own = self.report.path.address;
        let Some(path) = self.path else {
            return Ends { own, ..Ends::default() };
        };
        if path.transport.is_relayed() {
            // The relay is where media is.
            return Ends {
                seen: Some(path.theirs),
                relay: Some(path.ours),
                own: None,
            };
        }
        if self.is_relayed_elsewhere() {
            // What comes from there is all that is seen here, whatever the client takes for its address.
            return Ends {
                relay: Some(path.theirs),
                ..Ends::default()
            };
        }
        Ends {
            own,
            seen: Some(path.theirs),
            relay: None,
        }
    }

    /// What carries the participant's packets on the first part of their way.
    fn transport(&self) -> TransportProtocol {
        let told = match self.report.path.relay_protocol {
            Some(Protocol::Udp) => Some(TransportProtocol::Udp),
            Some(Protocol::Tcp | Protocol::Tls) => Some(TransportProtocol::Tcp),
            None => None,
        };
        let told = told.filter(|_| self.is_relayed_elsewhere());
        told.unwrap_or_else(|| protocol(self.transport))
    }
}

/// The participant's end of it. How well the network let them be heard is told of voices alone.
pub(super) fn caller_network(streams: &Streams<'_>, voices: &Streams<'_>, way: &Way<'_>) -> NetworkInfo {
    let Ends { own, seen, relay } = way.ends();
    let narrow = shared(streams, None, |totals| &totals.figures.narrow);
    let (bandwidth_low_event_ratio, bandwidth_low_source) = measured_or_told(narrow, way.report.narrow.ratio());
    NetworkInfo {
        bandwidth_low_event_ratio,
        bandwidth_low_source,
        delay_event_ratio: shared(streams, None, |totals| &totals.figures.delayed),
        received_quality_event_ratio: shared(voices, Some(Direction::Downlink), |totals| &totals.figures.spoiled),
        sent_quality_event_ratio: shared(voices, Some(Direction::Uplink), |totals| &totals.figures.spoiled),
        ip_address: own.map(|address| address.to_string()),
        reflexive_ip_address: seen.map(|address| address.ip().to_string()),
        port: seen.map(|address| address.port()),
        relay_ip_address: relay.map(|address| address.ip().to_string()),
        relay_port: relay.map(|address| address.port()),
        ..network(way.transport(), connection_type(way.report))
    }
}

/// This server's, if the way is known.
pub(super) fn callee_network(way: &Way<'_>) -> Option<NetworkInfo> {
    let transport = way.transport?;
    let ours = way.path.filter(|_| way.shows_addresses).map(|path| path.ours);
    Some(NetworkInfo {
        ip_address: ours.map(|address| address.ip().to_string()),
        port: ours.map(|address| address.port()),
        ..network(protocol(Some(transport)), ConnectionType::Wired)
    })
}

/// What carries packets to this server, or to its relay.
fn protocol(transport: Option<Transport>) -> TransportProtocol {
    match transport {
        None => TransportProtocol::Unknown,
        Some(Transport::Udp | Transport::RelayedUdp) => TransportProtocol::Udp,
        Some(Transport::Tcp | Transport::RelayedTcp) => TransportProtocol::Tcp,
    }
}

fn network(network_transport_protocol: TransportProtocol, connection_type: ConnectionType) -> NetworkInfo {
    NetworkInfo {
        connection_type,
        network_transport_protocol,
        ip_address: None,
        port: None,
        reflexive_ip_address: None,
        relay_ip_address: None,
        relay_port: None,
        subnet: None,
        mac_address: None,
        dns_suffix: None,
        link_speed: None,
        bandwidth_low_event_ratio: None,
        bandwidth_low_source: Source::Server,
        delay_event_ratio: None,
        received_quality_event_ratio: None,
        sent_quality_event_ratio: None,
        basic_service_set_identifier: None,
        wifi_band: Unknown::Unknown,
        wifi_radio_type: Unknown::Unknown,
        wifi_channel: None,
        wifi_signal_strength: None,
        wifi_battery_charge: None,
        wifi_microsoft_driver: None,
        wifi_microsoft_driver_version: None,
        wifi_vendor_driver: None,
        wifi_vendor_driver_version: None,
        trace_route_hops: [],
    }
}

/// How the participant is connected, as its client says it.
fn connection_type(report: &Report) -> ConnectionType {
    match report.client.connection.or(report.path.connection) {
        None | Some(Connection::Unknown) => ConnectionType::Unknown,
        Some(Connection::Wired) => ConnectionType::Wired,
        Some(Connection::Wifi) => ConnectionType::Wifi,
        Some(Connection::Mobile) => ConnectionType::Mobile,
        Some(Connection::Tunnel) => ConnectionType::Tunnel,
    }
}
