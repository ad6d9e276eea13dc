//! Compiles `proto/` into messages, services and a descriptor set.
//!
//! protox is a protobuf compiler in Rust, so a fresh machine needs no `protoc`. The descriptor set is written with
//! protox's own encoder: a pass through `prost_types::FileDescriptorSet` drops what it has no field for, and
//! `google.api.http`, which `transcode` lives on, is such an option.

use std::{env, error::Error, fs, path::PathBuf};

/// The files that nothing else imports, or that must be in the pool though nothing imports them.
const FILES: &[&str] = &[
    "google/apps/meet/v2/service.proto",
    "google/apps/meet/v2beta/service.proto",
    "google/people/v1/people.proto",
    "google/rpc/code.proto",
    "google/rpc/error_details.proto",
    "google/rpc/status.proto",
    "sederunt/v1/administration.proto",
    "sederunt/v1/meetings.proto",
    "sederunt/v1/register.proto",
    "sederunt/v1/spaces.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    let proto = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo:rerun-if-changed={}", proto.display());

    let mut compiler = protox::Compiler::new([&proto])?;
    compiler.include_imports(true).open_files(FILES)?;
    let descriptors = PathBuf::from(env::var("OUT_DIR")?).join("descriptors.bin");
    fs::write(descriptors, compiler.encode_file_descriptor_set())?;

    // Comments become the documentation of the generated types; at run time nobody reads them.
    let described = compiler.include_source_info(true).file_descriptor_set();
    tonic_prost_build::configure()
        .build_client(env::var_os("CARGO_FEATURE_CLIENT").is_some())
        // A method that is not written yet answers UNIMPLEMENTED.
        .generate_default_stubs(true)
        // Ordered, so that equal errors have equal bytes.
        .btree_map(".")
        .include_file("packages.rs")
        .compile_fds(described)?;
    Ok(())
}
