//! `grpc.reflection`: the descriptors of what is served, in both editions of the protocol: older tools know only the first.

use std::sync::Arc;

use tonic_reflection::server::Builder;

use super::Serve;
use crate::limits::PROBE_BYTES_MAX;

/// One for each edition.
pub(super) struct Servers {
    pub(super) v1: Arc<dyn Serve>,
    pub(super) v1alpha: Arc<dyn Serve>,
}

impl Servers {
    /// Tells of these services, and of gRPC's own.
    pub(super) fn new(services: &[String]) -> Servers {
        let valid = "the build script compiled what is told";
        let v1 = told(services).build_v1().expect(valid);
        let v1alpha = told(services).build_v1alpha().expect(valid);
        Servers {
            v1: Arc::new(v1.max_decoding_message_size(PROBE_BYTES_MAX)),
            v1alpha: Arc::new(v1alpha.max_decoding_message_size(PROBE_BYTES_MAX)),
        }
    }
}

/// What is told, in either edition.
fn told(services: &[String]) -> Builder<'static> {
    let own = [
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ];
    let names = services.iter().map(String::as_str).chain(own);
    let builder = Builder::configure()
        .register_encoded_file_descriptor_set(api::DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET)
        .register_encoded_file_descriptor_set(tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET);
    names.fold(builder, Builder::with_service_name)
}
