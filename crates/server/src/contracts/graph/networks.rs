//! `networkInfo`: the two ends of the way that a session's packets took, and how often it kept people from hearing each other.
//!
//! The addresses are those that this server has seen, for those who may know them. What no browser tells is null, or unknown.

use quality::{
    Direction, Share, Totals,
    report::{Connection, Report},
};
use register::{Path, Transport};
use serde::Serialize;

use super::streams::Streams;

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

/// The participant's end of it. How well the network let them be heard is told of voices alone.
pub(super) fn caller_network(streams: &Streams<'_>, voices: &Streams<'_>, way: &Way<'_>) -> NetworkInfo {
    let own = way.report.path.address.filter(|_| way.shows_addresses);
    let seen = way.path.filter(|_| way.shows_addresses).map(|path| path.theirs);
    // The relay is where media is.
    let relayed = way
        .path
        .filter(|path| way.shows_addresses && path.transport.is_relayed());
    let relay = relayed.map(|path| path.ours);
    NetworkInfo {
        delay_event_ratio: shared(streams, None, |totals| &totals.figures.delayed),
        received_quality_event_ratio: shared(voices, Some(Direction::Downlink), |totals| &totals.figures.spoiled),
        sent_quality_event_ratio: shared(voices, Some(Direction::Uplink), |totals| &totals.figures.spoiled),
        ip_address: own.map(|address| address.to_string()),
        reflexive_ip_address: seen.map(|address| address.ip().to_string()),
        port: seen.map(|address| address.port()),
        relay_ip_address: relay.map(|address| address.ip().to_string()),
        relay_port: relay.map(|address| address.port()),
        ..network(way.path, connection_type(way.report))
    }
}

/// This server's, if the way is known.
pub(super) fn callee_network(way: &Way<'_>) -> Option<NetworkInfo> {
    let path = way.path?;
    let ours = Some(path.ours).filter(|_| way.shows_addresses);
    Some(NetworkInfo {
        ip_address: ours.map(|address| address.ip().to_string()),
        port: ours.map(|address| address.port()),
        ..network(Some(path), ConnectionType::Wired)
    })
}

fn network(path: Option<Path>, connection_type: ConnectionType) -> NetworkInfo {
    NetworkInfo {
        connection_type,
        network_transport_protocol: match path.map(|path| path.transport) {
            None => TransportProtocol::Unknown,
            Some(Transport::Udp | Transport::RelayedUdp) => TransportProtocol::Udp,
            Some(Transport::Tcp | Transport::RelayedTcp) => TransportProtocol::Tcp,
        },
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
