//! The messages and services of every contract that Sederunt serves, generated from `proto/`.
//!
//! This crate is the only place where messages are generated, and it holds nothing but them and the way to call a service by
//! them ([`Methods`]): what a field means for a meeting is decided by those who fill it. The module tree is the tree of protobuf packages.
//!
//! `google.apps.meet.v2` and `v2beta` are the same on the wire but for what only v2beta has, so a service is written
//! once, for v2beta; a test below holds them together.

use std::sync::LazyLock;

use prost_reflect::DescriptorPool;

#[expect(
    missing_docs,
    reason = "generated: packages and enum values say what they are by their names"
)]
#[expect(clippy::pedantic, reason = "generated")]
mod packages {
    include!(concat!(env!("OUT_DIR"), "/packages.rs"));
}

mod methods;

pub use methods::{Answering, Asked, Conversing, Methods};
pub use packages::{enfonica, google, sederunt};

/// The compiled `proto/`, options included: a serialised `google.protobuf.FileDescriptorSet`.
pub const DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// [`DESCRIPTOR_SET`] with the comments of `proto/`, for those who generate something to be read.
#[cfg(feature = "client")]
pub const COMMENTED_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/commented.bin"));

/// Everything in [`DESCRIPTOR_SET`], decoded once.
pub fn descriptor_pool() -> &'static DescriptorPool {
    static POOL: LazyLock<DescriptorPool> =
        LazyLock::new(|| DescriptorPool::decode(DESCRIPTOR_SET).expect("the build script compiled this very set"));
    &POOL
}

/// Whether the messages of the method of a gRPC path (`/package.Service/Method`) go on, either way: it is no unary one.
pub fn goes_on(path: &str) -> bool {
    let method = || {
        let (service, name) = path.strip_prefix('/')?.split_once('/')?;
        let service = descriptor_pool().get_service_by_name(service)?;
        service.methods().find(|method| method.name() == name)
    };
    method().is_some_and(|method| method.is_client_streaming() || method.is_server_streaming())
}
